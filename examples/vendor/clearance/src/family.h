// What the rules and the plan share.

#ifndef FAMILY_H
#define FAMILY_H

#include "support.h"

enum { READ, WRITE, TITLE };
enum {
  ME,
  CLEARANCE,
  MY_COMPARTMENTS,
  CLASSIFICATION,
  COMPARTMENTS,
  NEED_TO_KNOW,
  WATERMARK_FROM,
  WRITE_DOWN_OPEN,
};

// From the lowest to the highest. What is none of them is unknown.
enum { UNKNOWN = -1, PUBLIC, INTERNAL, CONFIDENTIAL, SECRET, LEVELS };
extern const text levels[LEVELS];

answer evaluate(const question *asked);
// The level up to which the subject is cleared. Whoever is not cleared at all sees what is public.
int cleared(const question *asked);

#endif
