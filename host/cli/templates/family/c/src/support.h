// Short names for the interface, and what rules are made of. There is nothing here to change.

#ifndef SUPPORT_H
#define SUPPORT_H

#include "../bindings/permission_family.h"

typedef permission_family_string_t text;
typedef permission_family_list_string_t texts;
typedef exports_permesso_family_family_input_t input;
typedef exports_permesso_family_family_input_spec_t input_spec;
typedef exports_permesso_family_family_reason_spec_t reason_spec;
typedef exports_permesso_family_family_obligation_spec_t obligation_spec;
typedef exports_permesso_family_family_manifest_t manifest;
typedef exports_permesso_family_family_question_t question;
typedef exports_permesso_family_family_list_question_t questions;
typedef exports_permesso_family_family_answer_t answer;
typedef exports_permesso_family_family_list_answer_t answers;
typedef exports_permesso_family_family_diagnostic_t diagnostic;
typedef exports_permesso_family_family_list_diagnostic_t diagnostics;
typedef exports_permesso_family_family_plan_question_t plan_question;
typedef exports_permesso_family_family_plan_case_t plan_case;
typedef exports_permesso_family_family_list_plan_case_t plan_cases;
typedef exports_permesso_family_family_term_t term;

enum { BOOLEAN, INTEGER, DECIMAL, TEXT, TEXTS, TABLE, INSTANT, ANY };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
// A text of the source.
#define T(literal) {(uint8_t *)(literal), sizeof(literal) - 1}
// The list that an array of the source is.
#define LIST(array) {array, COUNT(array)}
#define NEW(type, count) ((type *)allocate_array(_Alignof(type), sizeof(type), count))

// Memory for this call. It is given back when the call is over.
void *allocate(size_t alignment, size_t size);
void *allocate_array(size_t alignment, size_t size, size_t count);

// Whether the caller did not say. Not the same as null, which is known to be empty.
bool is_absent(const question *asked, size_t at);
// Whether the caller said that there is none.
bool is_null(const question *asked, size_t at);
// The value, or NULL where it is absent or null.
const input *value(const question *asked, size_t at);
// The value of an input declared so; an empty one where it is absent or null.
text text_at(const question *asked, size_t at);
texts texts_at(const question *asked, size_t at);
// Whether it is there and true.
bool is_true(const question *asked, size_t at);

// Whether two texts agree byte by byte. For ids.
bool same(text a, text b);
// Whether two texts are the same word: `Pending Review`, `pending-review` and `pending_review`
// are. For states and labels.
bool same_word(text a, text b);
// Whether a relation such as `resource.owner` names that subject. Nobody unknown and no empty id
// is ever named.
bool names(texts relation, text id);

answer abstain(void);
answer forbid(uint32_t reason);

// A member of a configuration: its name, whether a value fits, and what to say where it does not.
typedef struct {
  text name;
  bool (*fits)(text json);
  text message;
} setting;

// Checks a configuration, a JSON object, against the settings that there are.
diagnostics check_settings(text config, const setting *known, size_t count, text unknown);
// Whether a value as it is written in JSON is of that type.
bool is_json_boolean(text json);
bool is_json_texts(text json);
// The text between the quotation marks; an empty one if it is no text. Escapes stay as they are.
text json_text(text json);

#endif
