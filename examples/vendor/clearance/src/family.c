// The rules of `clearance`: a file is read by whoever is cleared for its level and for all of its
// compartments, and is among those who need to know it. Nobody writes into a file below their own
// level, where more people would read it.
//
// Levels and compartments are a lattice: one file is above another if its level is at least as
// high and it has at least the same compartments. Not everything can be compared.

#include "family.h"

static text permissions[] = {T("file.read"), T("file.write"), T("file.title")};

static input_spec inputs[] = {
    {T("subject.id"), TEXT},
    {T("subject.clearance"), TEXT},
    {T("subject.compartments"), TEXTS},
    {T("resource.classification"), TEXT},
    {T("resource.compartments"), TEXTS},
    // Who needs to know it; null if everybody does who is cleared for it.
    {T("resource.need_to_know"), TEXTS},
    {T("config.watermark-from"), TEXT},
    {T("config.write-down-open"), BOOLEAN},
};

enum {
  NONE = -1,
  UNKNOWN_CLASSIFICATION,
  LEVEL_TOO_LOW,
  UNKNOWN_COMPARTMENTS,
  MISSING_COMPARTMENT,
  NO_NEED_TO_KNOW,
  WRITE_DOWN,
};
static reason_spec reasons[] = {
    {T("unknown-classification"), T("The classification of this file is not known.")},
    {T("level-too-low"), T("You are not cleared for the level of this file.")},
    {T("unknown-compartments"), T("The compartments of this file are not known.")},
    {T("missing-compartment"), T("You are not cleared for all compartments of this file.")},
    {T("no-need-to-know"), T("You are not among those who need to know this file.")},
    {T("write-down"), T("This file is below your level, where others would read what you write.")},
};

enum { WATERMARK };
static text watermarked[] = {T("pages"), T("print")};
static obligation_spec obligations[] = {{T("watermark"), LIST(watermarked)}};

static const uint8_t config_schema[] = {
#embed "../config.schema.json"
};

void exports_permesso_family_family_describe(manifest *ret) {
  *ret = (manifest){
      .id = T("clearance"),
      .version = T("1.0.0"),
      .title = T("Clearance: levels, compartments and the need to know"),
      .permissions = LIST(permissions),
      .kinds = {NULL, 0},
      .inputs = LIST(inputs),
      .reasons = LIST(reasons),
      .obligations = LIST(obligations),
      .requires_ = {NULL, 0},
      .floors = {NULL, 0},
      .config_schema = {(uint8_t *)config_schema, sizeof(config_schema)},
  };
}

const text levels[LEVELS] = {T("public"), T("internal"), T("confidential"), T("secret")};

// Words as they are: a classification that is spelt in another way is none.
static int level_of(text word) {
  for (int level = PUBLIC; level < LEVELS; level++) {
    if (same(levels[level], word)) return level;
  }
  return UNKNOWN;
}

int cleared(const question *asked) {
  int level = level_of(text_at(asked, CLEARANCE));
  return level == UNKNOWN ? PUBLIC : level;
}

static bool holds_compartments(const question *asked) {
  texts wanted = texts_at(asked, COMPARTMENTS);
  for (size_t at = 0; at < wanted.len; at++) {
    if (!names(texts_at(asked, MY_COMPARTMENTS), wanted.ptr[at])) return false;
  }
  return true;
}

// A list that is not known could leave the subject out.
static bool needs_to_know(const question *asked) {
  return is_null(asked, NEED_TO_KNOW) ||
         names(texts_at(asked, NEED_TO_KNOW), text_at(asked, ME));
}

// Why the subject does not see the file, or with `is_title` not even its title, if so. A title
// tells nothing of what the compartments protect.
static int hidden(const question *asked, bool is_title) {
  int level = level_of(text_at(asked, CLASSIFICATION));
  if (level == UNKNOWN) return UNKNOWN_CLASSIFICATION;
  // What is public has no compartments and nobody has to need it.
  if (level == PUBLIC) return NONE;
  if (cleared(asked) < level) return LEVEL_TOO_LOW;
  if (!is_title && is_absent(asked, COMPARTMENTS)) return UNKNOWN_COMPARTMENTS;
  if (!is_title && !holds_compartments(asked)) return MISSING_COMPARTMENT;
  return needs_to_know(asked) ? NONE : NO_NEED_TO_KNOW;
}

// From which level a file carries a watermark. A configuration that names none of the levels,
// which `validate` refuses, means all of them.
static int watermark_from(const question *asked) {
  if (!value(asked, WATERMARK_FROM)) return CONFIDENTIAL;
  int level = level_of(text_at(asked, WATERMARK_FROM));
  return level == UNKNOWN ? PUBLIC : level;
}

static answer read(const question *asked) {
  static uint32_t duties[] = {WATERMARK};
  int reason = hidden(asked, false);
  if (reason != NONE) return forbid((uint32_t)reason);
  answer given = abstain();
  if (level_of(text_at(asked, CLASSIFICATION)) >= watermark_from(asked)) {
    given.obligations = (permission_family_list_u32_t)LIST(duties);
  }
  return given;
}

static answer write(const question *asked) {
  int reason = hidden(asked, false);
  bool is_down = level_of(text_at(asked, CLASSIFICATION)) < cleared(asked);
  if (reason == NONE && is_down && !is_true(asked, WRITE_DOWN_OPEN)) reason = WRITE_DOWN;
  return reason == NONE ? abstain() : forbid((uint32_t)reason);
}

static answer title(const question *asked) {
  int reason = hidden(asked, true);
  return reason == NONE ? abstain() : forbid((uint32_t)reason);
}

answer evaluate(const question *asked) {
  switch (asked->permission) {
    case READ: return read(asked);
    case WRITE: return write(asked);
    case TITLE: return title(asked);
    // The host asks about nothing that the manifest does not list.
    default: __builtin_trap();
  }
}

void exports_permesso_family_family_evaluate(question *asked, answer *ret) {
  *ret = evaluate(asked);
}

void exports_permesso_family_family_evaluate_batch(questions *asked, answers *ret) {
  *ret = (answers){NEW(answer, asked->len), asked->len};
  for (size_t at = 0; at < asked->len; at++) ret->ptr[at] = evaluate(&asked->ptr[at]);
}

static bool is_level(text json) { return level_of(json_text(json)) != UNKNOWN; }

void exports_permesso_family_family_validate(text *config, diagnostics *ret) {
  static const setting known[] = {
      {T("watermark-from"), is_level,
       T("`watermark-from` has to be `public`, `internal`, `confidential` or `secret`")},
      {T("write-down-open"), is_json_boolean, T("`write-down-open` has to be true or false")},
  };
  static const text unknown = T("it is not known; write `watermark-from` or `write-down-open`");
  *ret = check_settings(*config, known, COUNT(known), unknown);
}
