// Reading a question, comparing texts, and answering. There is nothing here to change.

#include "support.h"

static const exports_permesso_family_family_option_input_t *slot(const question *asked, size_t at) {
  // The host sends as many inputs as the manifest lists. One that does not is not to guess with:
  // the call traps, which denies.
  if (at >= asked->inputs.len) __builtin_trap();
  return &asked->inputs.ptr[at];
}

bool is_absent(const question *asked, size_t at) { return !slot(asked, at)->is_some; }

bool is_null(const question *asked, size_t at) {
  return slot(asked, at)->is_some &&
         slot(asked, at)->val.tag == EXPORTS_PERMESSO_FAMILY_FAMILY_INPUT_NULL;
}

const input *value(const question *asked, size_t at) {
  return is_absent(asked, at) || is_null(asked, at) ? NULL : &slot(asked, at)->val;
}

text text_at(const question *asked, size_t at) {
  const input *given = value(asked, at);
  bool is_text = given && given->tag == EXPORTS_PERMESSO_FAMILY_FAMILY_INPUT_TEXT;
  return is_text ? given->val.text : (text){NULL, 0};
}

texts texts_at(const question *asked, size_t at) {
  const input *given = value(asked, at);
  bool is_list = given && given->tag == EXPORTS_PERMESSO_FAMILY_FAMILY_INPUT_TEXTS;
  return is_list ? given->val.texts : (texts){NULL, 0};
}

bool is_true(const question *asked, size_t at) {
  const input *given = value(asked, at);
  return given && given->tag == EXPORTS_PERMESSO_FAMILY_FAMILY_INPUT_BOOLEAN && given->val.boolean;
}

bool same(text a, text b) {
  if (a.len != b.len) return false;
  for (size_t at = 0; at < a.len; at++) {
    if (a.ptr[at] != b.ptr[at]) return false;
  }
  return true;
}

static bool is_space(uint8_t byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\f' || byte == '\r';
}

static text trimmed(text word) {
  while (word.len > 0 && is_space(word.ptr[0])) word.ptr++, word.len--;
  while (word.len > 0 && is_space(word.ptr[word.len - 1])) word.len--;
  return word;
}

static uint8_t plain(uint8_t byte) {
  if (byte == ' ' || byte == '-') return '_';
  return 'A' <= byte && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
}

bool same_word(text a, text b) {
  a = trimmed(a), b = trimmed(b);
  if (a.len != b.len) return false;
  for (size_t at = 0; at < a.len; at++) {
    if (plain(a.ptr[at]) != plain(b.ptr[at])) return false;
  }
  return true;
}

bool names(texts relation, text id) {
  for (size_t at = 0; id.len > 0 && at < relation.len; at++) {
    if (same(relation.ptr[at], id)) return true;
  }
  return false;
}

answer abstain(void) {
  return (answer){.effect = {.tag = EXPORTS_PERMESSO_FAMILY_FAMILY_EFFECT_ABSTAIN}};
}

answer forbid(uint32_t reason) {
  return (answer){.effect = {.tag = EXPORTS_PERMESSO_FAMILY_FAMILY_EFFECT_FORBID,
                             .val = {.forbid = reason}}};
}
