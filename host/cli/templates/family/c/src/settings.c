// Just enough JSON to check a configuration. The host has read the document before it hands it
// over, so this finds its way through JSON and does not judge what is not.

#include "support.h"

static bool is_space(uint8_t byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static text trimmed(text json) {
  while (json.len > 0 && is_space(json.ptr[0])) json.ptr++, json.len--;
  while (json.len > 0 && is_space(json.ptr[json.len - 1])) json.len--;
  return json;
}

// What stands between two marks at the ends; false if they are not there.
static bool within(text json, uint8_t open, uint8_t close, text *inner) {
  json = trimmed(json);
  if (json.len < 2 || json.ptr[0] != open || json.ptr[json.len - 1] != close) return false;
  *inner = (text){json.ptr + 1, json.len - 2};
  return true;
}

// Takes what stands before the first separator that is in no text, list or object.
static text take(text *rest, uint8_t separator) {
  size_t at = 0, depth = 0;
  bool in_text = false;
  for (; at < rest->len; at++) {
    uint8_t byte = rest->ptr[at];
    if (in_text && byte == '\\') {
      at++;
    } else if (byte == '"') {
      in_text = !in_text;
    } else if (!in_text && (byte == '[' || byte == '{')) {
      depth++;
    } else if (!in_text && (byte == ']' || byte == '}')) {
      depth -= depth > 0;
    } else if (!in_text && depth == 0 && byte == separator) {
      break;
    }
  }
  // A backslash at the very end steps over it.
  size_t end = at < rest->len ? at : rest->len;
  size_t next = end < rest->len ? end + 1 : end;
  text part = {rest->ptr, end};
  *rest = (text){rest->ptr + next, rest->len - next};
  return trimmed(part);
}

bool is_json_boolean(text json) {
  return same(json, (text)T("true")) || same(json, (text)T("false"));
}

text json_text(text json) {
  text inner;
  return within(json, '"', '"', &inner) ? inner : (text){NULL, 0};
}

bool is_json_texts(text json) {
  text rest;
  if (!within(json, '[', ']', &rest)) return false;
  rest = trimmed(rest);
  while (rest.len > 0) {
    // A blank text stands for nothing.
    if (trimmed(json_text(take(&rest, ','))).len == 0) return false;
  }
  return true;
}

// JSON Pointer to a member of the document.
static text pointer(text name) {
  text pointer = {NEW(uint8_t, 1 + 2 * name.len), 0};
  pointer.ptr[pointer.len++] = '/';
  for (size_t at = 0; at < name.len; at++) {
    uint8_t byte = name.ptr[at];
    bool is_special = byte == '~' || byte == '/';
    pointer.ptr[pointer.len++] = is_special ? '~' : byte;
    if (is_special) pointer.ptr[pointer.len++] = byte == '~' ? '0' : '1';
  }
  return pointer;
}

static text fault_of(text name, text json, const setting *known, size_t count, text unknown) {
  for (size_t at = 0; at < count; at++) {
    if (!same(known[at].name, name)) continue;
    return known[at].fits(json) ? (text){NULL, 0} : known[at].message;
  }
  return unknown;
}

diagnostics check_settings(text config, const setting *known, size_t count, text unknown) {
  diagnostics found = {NULL, 0};
  text members;
  config = trimmed(config);
  if (config.len == 0) return found;
  // A member has at least four bytes with its mark: `"":1`.
  found.ptr = NEW(diagnostic, config.len / 4 + 1);
  if (!within(config, '{', '}', &members)) {
    found.ptr[found.len++] = (diagnostic){{NULL, 0}, T("the configuration has to be an object")};
    return found;
  }
  members = trimmed(members);
  while (members.len > 0) {
    text json = take(&members, ',');
    text name = json_text(take(&json, ':'));
    text message = fault_of(name, trimmed(json), known, count, unknown);
    // What is no JSON could hold more commas than members; the rest is no better.
    if (message.len > 0 && found.len <= config.len / 4) {
      found.ptr[found.len++] = (diagnostic){pointer(name), message};
    }
  }
  return found;
}
