// Answers for all files at once.
//
// Of a file, two things are asked: which of the levels it has, and whether the subject needs to
// know it. So there are at most five levels, the unknown one included, and two cases of each. The
// rules themselves answer each case, asked about a file of that kind; so both always agree.
//
// Whether all compartments of a file are among the subject's cannot be put as a condition. Where
// that matters, each file is asked about.

#include "family.h"

static bool is_open(const plan_question *asked, uint32_t input) {
  for (size_t at = 0; at < asked->open.len; at++) {
    if (asked->open.ptr[at] == input) return true;
  }
  return false;
}

// Appends what is true of files of that level.
static void has_level(term *terms, size_t *count, int level) {
  terms[(*count)++] = (term){
      .tag = EXPORTS_PERMESSO_FAMILY_FAMILY_TERM_COMPARE,
      .val.compare = {.input = CLASSIFICATION,
                      .comparison = EXPORTS_PERMESSO_FAMILY_FAMILY_COMPARISON_EQUAL,
                      .value = {.tag = EXPORTS_PERMESSO_FAMILY_FAMILY_LITERAL_TEXT,
                                .val.text = levels[level]}},
  };
}

// Appends what is true of files that the subject needs to know.
static void is_needed(term *terms, size_t *count, text me) {
  terms[(*count)++] = (term){.tag = EXPORTS_PERMESSO_FAMILY_FAMILY_TERM_EMPTY,
                             .val.empty = NEED_TO_KNOW};
  // Nobody unknown is named.
  if (me.len == 0) return;
  terms[(*count)++] = (term){.tag = EXPORTS_PERMESSO_FAMILY_FAMILY_TERM_NAMES,
                             .val.names = {.input = NEED_TO_KNOW, .text = me}};
  terms[(*count)++] = (term){.tag = EXPORTS_PERMESSO_FAMILY_FAMILY_TERM_ANY_OF, .val.any_of = 2};
}

// Appends that all of the values so far are true; without any, that it is true.
static void all_of(term *terms, size_t *count, uint32_t values) {
  terms[(*count)++] =
      values == 0 ? (term){.tag = EXPORTS_PERMESSO_FAMILY_FAMILY_TERM_CONSTANT, .val.constant = true}
                  : (term){.tag = EXPORTS_PERMESSO_FAMILY_FAMILY_TERM_ALL_OF, .val.all_of = values};
}

static void put(question *file, size_t at, const input *given) {
  file->inputs.ptr[at].is_some = given != NULL;
  if (given) file->inputs.ptr[at].val = *given;
}

// What the rules say of such a file.
static plan_case make(question *file, const plan_question *asked, int level, bool needed) {
  static const input null = {.tag = EXPORTS_PERMESSO_FAMILY_FAMILY_INPUT_NULL};
  // A level, two about the need to know and how they are joined, and how all is.
  term *terms = NEW(term, 5);
  size_t count = 0;
  uint32_t values = 0;
  if (is_open(asked, CLASSIFICATION)) {
    input word = {.tag = EXPORTS_PERMESSO_FAMILY_FAMILY_INPUT_TEXT};
    if (level != UNKNOWN) {
      word.val.text = levels[level];
      has_level(terms, &count, level);
      values++;
    }
    put(file, CLASSIFICATION, level == UNKNOWN ? NULL : &word);
  }
  if (is_open(asked, NEED_TO_KNOW)) {
    if (needed) {
      is_needed(terms, &count, text_at(file, ME));
      values++;
    }
    put(file, NEED_TO_KNOW, needed ? &null : NULL);
  }
  all_of(terms, &count, values);
  return (plan_case){{terms, count}, evaluate(file)};
}

bool exports_permesso_family_family_plan(plan_question *asked, plan_cases *ret) {
  // The question about one file, of which what is open is filled in below.
  question file = {asked->permission, asked->kind, asked->inputs};
  for (size_t at = 0; at < asked->open.len; at++) {
    uint32_t input = asked->open.ptr[at];
    bool is_known = input == CLASSIFICATION || input == NEED_TO_KNOW || input == COMPARTMENTS;
    if (!is_known) return false;
    // To a title they do not matter, and whoever sees what is public only is refused before.
    bool matters = asked->permission != TITLE && cleared(&file) > PUBLIC;
    if (input == COMPARTMENTS && matters) return false;
  }
  // The first case that fits counts, so what is not needed follows what is, and what has none of
  // the levels comes last.
  *ret = (plan_cases){NEW(plan_case, 2 * (LEVELS + 1)), 0};
  int highest = is_open(asked, CLASSIFICATION) ? SECRET : UNKNOWN;
  for (int level = highest; level >= UNKNOWN; level--) {
    if (is_open(asked, NEED_TO_KNOW)) ret->ptr[ret->len++] = make(&file, asked, level, true);
    ret->ptr[ret->len++] = make(&file, asked, level, false);
  }
  return true;
}
