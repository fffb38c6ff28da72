// Made of wit/family.wit by `wit-bindgen c` 0.63.0, and shortened: without the comments, which
// stand in wit/family.wit, and without the functions that free, since all memory of a call is
// given back at once (src/memory.c). Nothing here is to be changed by hand.
#ifndef __BINDINGS_PERMISSION_FAMILY_H
#define __BINDINGS_PERMISSION_FAMILY_H
#ifdef __cplusplus
extern "C" {
#endif

#include <stdint.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct permission_family_string_t {
  uint8_t*ptr;
  size_t len;
} permission_family_string_t;

typedef uint8_t permesso_family_log_level_t;

#define PERMESSO_FAMILY_LOG_LEVEL_DEBUG 0
#define PERMESSO_FAMILY_LOG_LEVEL_INFO 1
#define PERMESSO_FAMILY_LOG_LEVEL_WARN 2
#define PERMESSO_FAMILY_LOG_LEVEL_ERROR 3

typedef uint8_t exports_permesso_family_family_value_kind_t;

#define EXPORTS_PERMESSO_FAMILY_FAMILY_VALUE_KIND_BOOLEAN 0
#define EXPORTS_PERMESSO_FAMILY_FAMILY_VALUE_KIND_INTEGER 1
#define EXPORTS_PERMESSO_FAMILY_FAMILY_VALUE_KIND_DECIMAL 2
#define EXPORTS_PERMESSO_FAMILY_FAMILY_VALUE_KIND_TEXT 3
#define EXPORTS_PERMESSO_FAMILY_FAMILY_VALUE_KIND_TEXTS 4
#define EXPORTS_PERMESSO_FAMILY_FAMILY_VALUE_KIND_TABLE 5
#define EXPORTS_PERMESSO_FAMILY_FAMILY_VALUE_KIND_INSTANT 6
#define EXPORTS_PERMESSO_FAMILY_FAMILY_VALUE_KIND_ANY 7

typedef struct {
  permission_family_string_t *ptr;
  size_t len;
} permission_family_list_string_t;

typedef struct exports_permesso_family_family_row_t {
  permission_family_string_t   key;
  permission_family_list_string_t   values;
} exports_permesso_family_family_row_t;

typedef struct {
  exports_permesso_family_family_row_t *ptr;
  size_t len;
} exports_permesso_family_family_list_row_t;

typedef struct exports_permesso_family_family_input_t {
  uint8_t tag;
  union {
    bool     boolean;
    int64_t     integer;
    double     decimal;
    permission_family_string_t     text;
    permission_family_list_string_t     texts;
    exports_permesso_family_family_list_row_t     table;
    int64_t     instant;
  } val;
} exports_permesso_family_family_input_t;

#define EXPORTS_PERMESSO_FAMILY_FAMILY_INPUT_NULL 0
#define EXPORTS_PERMESSO_FAMILY_FAMILY_INPUT_BOOLEAN 1
#define EXPORTS_PERMESSO_FAMILY_FAMILY_INPUT_INTEGER 2
#define EXPORTS_PERMESSO_FAMILY_FAMILY_INPUT_DECIMAL 3
#define EXPORTS_PERMESSO_FAMILY_FAMILY_INPUT_TEXT 4
#define EXPORTS_PERMESSO_FAMILY_FAMILY_INPUT_TEXTS 5
#define EXPORTS_PERMESSO_FAMILY_FAMILY_INPUT_TABLE 6
#define EXPORTS_PERMESSO_FAMILY_FAMILY_INPUT_INSTANT 7

typedef struct exports_permesso_family_family_input_spec_t {
  permission_family_string_t   path;
  exports_permesso_family_family_value_kind_t   kind;
} exports_permesso_family_family_input_spec_t;

typedef struct exports_permesso_family_family_reason_spec_t {
  permission_family_string_t   code;
  permission_family_string_t   text;
} exports_permesso_family_family_reason_spec_t;

typedef struct exports_permesso_family_family_obligation_spec_t {
  permission_family_string_t   code;
  permission_family_list_string_t   values;
} exports_permesso_family_family_obligation_spec_t;

typedef struct {
  exports_permesso_family_family_input_spec_t *ptr;
  size_t len;
} exports_permesso_family_family_list_input_spec_t;

typedef struct {
  exports_permesso_family_family_reason_spec_t *ptr;
  size_t len;
} exports_permesso_family_family_list_reason_spec_t;

typedef struct {
  exports_permesso_family_family_obligation_spec_t *ptr;
  size_t len;
} exports_permesso_family_family_list_obligation_spec_t;

typedef struct exports_permesso_family_family_manifest_t {
  permission_family_string_t   id;
  permission_family_string_t   version;
  permission_family_string_t   title;
  permission_family_list_string_t   permissions;
  permission_family_list_string_t   kinds;
  exports_permesso_family_family_list_input_spec_t   inputs;
  exports_permesso_family_family_list_reason_spec_t   reasons;
  exports_permesso_family_family_list_obligation_spec_t   obligations;
  permission_family_list_string_t   requires_;
  permission_family_list_string_t   floors;
  permission_family_string_t   config_schema;
} exports_permesso_family_family_manifest_t;

typedef struct {
  bool is_some;
  uint32_t val;
} permission_family_option_u32_t;

typedef struct {
  bool is_some;
  exports_permesso_family_family_input_t val;
} exports_permesso_family_family_option_input_t;

typedef struct {
  exports_permesso_family_family_option_input_t *ptr;
  size_t len;
} exports_permesso_family_family_list_option_input_t;

typedef struct exports_permesso_family_family_question_t {
  uint32_t   permission;
  permission_family_option_u32_t   kind;
  exports_permesso_family_family_list_option_input_t   inputs;
} exports_permesso_family_family_question_t;

typedef struct exports_permesso_family_family_effect_t {
  uint8_t tag;
  union {
    uint32_t     forbid;
    uint32_t     require;
    uint32_t     floor;
  } val;
} exports_permesso_family_family_effect_t;

#define EXPORTS_PERMESSO_FAMILY_FAMILY_EFFECT_ABSTAIN 0
#define EXPORTS_PERMESSO_FAMILY_FAMILY_EFFECT_FORBID 1
#define EXPORTS_PERMESSO_FAMILY_FAMILY_EFFECT_REQUIRE 2
#define EXPORTS_PERMESSO_FAMILY_FAMILY_EFFECT_FLOOR 3

typedef struct {
  uint32_t *ptr;
  size_t len;
} permission_family_list_u32_t;

typedef struct {
  bool is_some;
  int64_t val;
} permission_family_option_s64_t;

typedef struct {
  bool is_some;
  permission_family_string_t val;
} permission_family_option_string_t;

typedef struct exports_permesso_family_family_answer_t {
  exports_permesso_family_family_effect_t   effect;
  permission_family_list_u32_t   obligations;
  permission_family_option_s64_t   until;
  permission_family_option_string_t   note;
} exports_permesso_family_family_answer_t;

typedef struct exports_permesso_family_family_diagnostic_t {
  permission_family_string_t   pointer;
  permission_family_string_t   message;
} exports_permesso_family_family_diagnostic_t;

typedef struct exports_permesso_family_family_plan_question_t {
  uint32_t   permission;
  permission_family_option_u32_t   kind;
  exports_permesso_family_family_list_option_input_t   inputs;
  permission_family_list_u32_t   open;
} exports_permesso_family_family_plan_question_t;

typedef uint8_t exports_permesso_family_family_comparison_t;

#define EXPORTS_PERMESSO_FAMILY_FAMILY_COMPARISON_EQUAL 0
#define EXPORTS_PERMESSO_FAMILY_FAMILY_COMPARISON_LESS 1
#define EXPORTS_PERMESSO_FAMILY_FAMILY_COMPARISON_AT_MOST 2

typedef struct exports_permesso_family_family_literal_t {
  uint8_t tag;
  union {
    bool     boolean;
    int64_t     integer;
    double     decimal;
    permission_family_string_t     text;
    int64_t     instant;
  } val;
} exports_permesso_family_family_literal_t;

#define EXPORTS_PERMESSO_FAMILY_FAMILY_LITERAL_BOOLEAN 0
#define EXPORTS_PERMESSO_FAMILY_FAMILY_LITERAL_INTEGER 1
#define EXPORTS_PERMESSO_FAMILY_FAMILY_LITERAL_DECIMAL 2
#define EXPORTS_PERMESSO_FAMILY_FAMILY_LITERAL_TEXT 3
#define EXPORTS_PERMESSO_FAMILY_FAMILY_LITERAL_INSTANT 4

typedef struct exports_permesso_family_family_compared_t {
  uint32_t   input;
  exports_permesso_family_family_comparison_t   comparison;
  exports_permesso_family_family_literal_t   value;
} exports_permesso_family_family_compared_t;

typedef struct exports_permesso_family_family_named_t {
  uint32_t   input;
  permission_family_string_t   text;
} exports_permesso_family_family_named_t;

typedef struct exports_permesso_family_family_term_t {
  uint8_t tag;
  union {
    bool     constant;
    uint32_t     present;
    uint32_t     empty;
    exports_permesso_family_family_compared_t     compare;
    exports_permesso_family_family_named_t     names;
    uint32_t     all_of;
    uint32_t     any_of;
  } val;
} exports_permesso_family_family_term_t;

#define EXPORTS_PERMESSO_FAMILY_FAMILY_TERM_CONSTANT 0
#define EXPORTS_PERMESSO_FAMILY_FAMILY_TERM_PRESENT 1
#define EXPORTS_PERMESSO_FAMILY_FAMILY_TERM_EMPTY 2
#define EXPORTS_PERMESSO_FAMILY_FAMILY_TERM_COMPARE 3
#define EXPORTS_PERMESSO_FAMILY_FAMILY_TERM_NAMES 4
#define EXPORTS_PERMESSO_FAMILY_FAMILY_TERM_NEGATE 5
#define EXPORTS_PERMESSO_FAMILY_FAMILY_TERM_ALL_OF 6
#define EXPORTS_PERMESSO_FAMILY_FAMILY_TERM_ANY_OF 7

typedef struct {
  exports_permesso_family_family_term_t *ptr;
  size_t len;
} exports_permesso_family_family_list_term_t;

typedef struct exports_permesso_family_family_plan_case_t {
  exports_permesso_family_family_list_term_t   condition;
  exports_permesso_family_family_answer_t   answer;
} exports_permesso_family_family_plan_case_t;

typedef struct {
  exports_permesso_family_family_diagnostic_t *ptr;
  size_t len;
} exports_permesso_family_family_list_diagnostic_t;

typedef struct {
  exports_permesso_family_family_question_t *ptr;
  size_t len;
} exports_permesso_family_family_list_question_t;

typedef struct {
  exports_permesso_family_family_answer_t *ptr;
  size_t len;
} exports_permesso_family_family_list_answer_t;

typedef struct {
  exports_permesso_family_family_plan_case_t *ptr;
  size_t len;
} exports_permesso_family_family_list_plan_case_t;

typedef struct {
  bool is_some;
  exports_permesso_family_family_list_plan_case_t val;
} exports_permesso_family_family_option_list_plan_case_t;

extern void permesso_family_log_write(permesso_family_log_level_t level, permission_family_string_t *line);

void exports_permesso_family_family_describe(exports_permesso_family_family_manifest_t *ret);
void exports_permesso_family_family_validate(permission_family_string_t *config, exports_permesso_family_family_list_diagnostic_t *ret);
void exports_permesso_family_family_evaluate(exports_permesso_family_family_question_t *question, exports_permesso_family_family_answer_t *ret);
void exports_permesso_family_family_evaluate_batch(exports_permesso_family_family_list_question_t *questions, exports_permesso_family_family_list_answer_t *ret);
bool exports_permesso_family_family_plan(exports_permesso_family_family_plan_question_t *question, exports_permesso_family_family_list_plan_case_t *ret);

#ifdef __cplusplus
}
#endif
#endif
