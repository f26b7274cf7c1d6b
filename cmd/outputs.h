/*
 * Writing a profile to all outputs of a command.
 */
#ifndef CMD_OUTPUTS_H
#define CMD_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cmd/options.h"
#include "profile/profile.h"

/*
 * All are made before the first is written. sizes gets their bytes, of each
 * output. keeps_labels: all labels are of the input itself; else what only some
 * outputs need is taken out of the profile for the others.
 */
bool outputs_write(const struct options *options, struct profile *profile,
		   bool keeps_labels, size_t *sizes, struct err *err);

#endif
