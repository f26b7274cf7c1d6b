/*
 * Two symbolized inputs, compared.
 */
#ifndef CMD_COMPARISON_H
#define CMD_COMPARISON_H

#include "base/buf.h"
#include "base/err.h"
#include "cmd/conversion.h"
#include "conv/diff_write.h"
#include "profile/weights.h"

/* What functions, or lines of them, weigh on both sides. */
struct sides {
	struct weights base;
	struct weights new;
	struct diff diff;
};

struct comparison {
	const struct options *options;
	const struct conversion *base; /* borrowed */
	const struct conversion *new;
	uint32_t base_type; /* of the values compared, in each */
	uint32_t new_type;
	struct sides functions;
	struct sides lines; /* where these are asked for */
	double factor;	    /* of what is new */
};

/* Compares by the default type of base; false with a sentence where the other
 * does not have that, or cannot be normalized. Release it in any case. */
bool comparison_init(struct comparison *comparison,
		     const struct options *options,
		     const struct conversion *base,
		     const struct conversion *new, struct err *err);
void comparison_release(struct comparison *comparison);

/* The unit of what is compared. */
const char *comparison_unit(const struct comparison *comparison);

/* Whether a format can show a difference. */
bool comparison_has_format(enum output_format format);

/* Appends the difference in such a format; false with a sentence where the
 * inputs' types of values do not allow it. */
bool comparison_render(const struct comparison *comparison,
		       enum output_format format, struct buf *out,
		       struct err *err);

#endif
