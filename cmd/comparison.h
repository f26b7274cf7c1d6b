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

struct comparison {
	const struct options *options;
	const struct conversion *base; /* borrowed */
	const struct conversion *new;
	struct weights base_weights;
	struct weights new_weights;
	struct diff diff;
	double factor; /* of what is new */
};

/* Compares by the default types of both; false with a sentence where those
 * differ. Release it in any case. */
bool comparison_init(struct comparison *comparison,
		     const struct options *options,
		     const struct conversion *base,
		     const struct conversion *new, struct err *err);
void comparison_release(struct comparison *comparison);

/* The unit of what is compared. */
const char *comparison_unit(const struct comparison *comparison);

/* Appends the difference in a format; false with a sentence where it has
 * none. */
bool comparison_render(const struct comparison *comparison,
		       enum output_format format, struct buf *out,
		       struct err *err);

#endif
