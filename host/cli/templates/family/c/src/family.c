// The rules of `{{name}}`.
//
// A family is a pure function: a question in, an answer out, nothing kept, nothing else reached.
// So keep nothing in variables that outlive a call; time is an input (declare `now`). What stands
// here is a small family that works: documents that have drafts and labels. Change it from the
// top down, and add a row to `tables/` for every rule.
//
// The host speaks in positions of the manifest's lists, so each list has an enum beside it. Keep
// both in the same order.

#include "support.h"

// What the family can be asked about: permissions of your product's catalog.
enum { VIEW, SHARE };
static text permissions[] = {T("doc.view"), T("doc.share")};

// What the rules read, and nothing else is ever sent. Declare no more than they read: answers are
// kept under these values.
enum { ME, OWNER, PUBLISHED, LABEL, WITHHELD_LABELS };
static input_spec inputs[] = {
    {T("subject.id"), TEXT},
    {T("resource.owner"), TEXTS},
    {T("resource.published"), BOOLEAN},
    {T("resource.label"), TEXT},
    {T("config.withheld-labels"), TEXTS},
};

// Why not: a code for programs, which stays, and a sentence for people.
enum { DRAFT, WITHHELD };
static reason_spec reasons[] = {
    {T("draft"), T("The document is not published yet.")},
    {T("withheld"), T("Documents with this label are for their owners only.")},
};

// What callers do when they let someone pass.
enum { WATERMARK };
static text watermarked[] = {T("pages")};
static obligation_spec obligations[] = {{T("watermark"), LIST(watermarked)}};

static const uint8_t config_schema[] = {
#embed "../config.schema.json"
};

void exports_permesso_family_family_describe(manifest *ret) {
  *ret = (manifest){
      .id = T("{{name}}"),
      // Every release needs a new one.
      .version = T("0.1.0"),
      .title = T("Documents: drafts and labels"),
      .permissions = LIST(permissions),
      // The resource kinds that the rules tell apart. Others arrive as `none`.
      .kinds = {NULL, 0},
      .inputs = LIST(inputs),
      .reasons = LIST(reasons),
      .obligations = LIST(obligations),
      // The permissions that a rule demands besides the one asked about.
      .requires_ = {NULL, 0},
      // The permissions for which a rule can lift a missing grant. Each tenant has to accept them.
      .floors = {NULL, 0},
      .config_schema = {(uint8_t *)config_schema, sizeof(config_schema)},
  };
}

// Whether only owners see it. Absent is unknown and could be any label; null is known to be none.
static bool is_withheld(const question *asked) {
  texts withheld = texts_at(asked, WITHHELD_LABELS);
  if (is_absent(asked, LABEL)) return withheld.len > 0;
  if (is_null(asked, LABEL)) return false;
  for (size_t at = 0; at < withheld.len; at++) {
    if (same_word(withheld.ptr[at], text_at(asked, LABEL))) return true;
  }
  return false;
}

// Nothing against it. What is marked as confidential carries a watermark.
static answer allow(const question *asked) {
  static uint32_t duties[] = {WATERMARK};
  answer given = abstain();
  if (same_word(text_at(asked, LABEL), (text)T("confidential"))) {
    given.obligations = (permission_family_list_u32_t)LIST(duties);
  }
  return given;
}

// A draft is for its owner, and so is a label that the tenant withholds.
static answer view(const question *asked) {
  // Ask for what you need to see: what is unknown is not published, and `names` is false for an
  // owner or a subject who is not known.
  bool is_mine = names(texts_at(asked, OWNER), text_at(asked, ME));
  if (!is_mine && !is_true(asked, PUBLISHED)) return forbid(DRAFT);
  if (!is_mine && is_withheld(asked)) return forbid(WITHHELD);
  return allow(asked);
}

// Nobody shares a draft or a withheld label, not even its owner.
static answer share(const question *asked) {
  if (!is_true(asked, PUBLISHED)) return forbid(DRAFT);
  if (is_withheld(asked)) return forbid(WITHHELD);
  return allow(asked);
}

void exports_permesso_family_family_evaluate(question *asked, answer *ret) {
  switch (asked->permission) {
    case VIEW: *ret = view(asked); return;
    case SHARE: *ret = share(asked); return;
    // The host asks about nothing that the manifest does not list.
    default: __builtin_trap();
  }
}

void exports_permesso_family_family_evaluate_batch(questions *asked, answers *ret) {
  *ret = (answers){NEW(answer, asked->len), asked->len};
  for (size_t at = 0; at < asked->len; at++) {
    exports_permesso_family_family_evaluate(&asked->ptr[at], &ret->ptr[at]);
  }
}

// Tells an admin early what is wrong with a configuration. The rules need not rely on it.
void exports_permesso_family_family_validate(text *config, diagnostics *ret) {
  static const setting known[] = {
      {T("withheld-labels"), is_json_texts,
       T("`withheld-labels` has to be a list of texts, none of them empty")},
  };
  static const text unknown = T("it is not known; write `withheld-labels`");
  *ret = check_settings(*config, known, COUNT(known), unknown);
}

// How to answer for all resources at once. `false` is always right: the host then asks about each
// resource.
bool exports_permesso_family_family_plan(plan_question *asked, plan_cases *ret) {
  (void)asked, (void)ret;
  return false;
}
