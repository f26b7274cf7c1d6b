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
 * Takes the labels away that only some outputs need samples told apart by;
 * false if there are none.
 */
bool outputs_hide_labels(const struct options *options,
			 struct profile *profile);

/*
 * All are made before the first is written. sizes gets their bytes, of each
 * output. plain is the profile for outputs that need no more labels than were
 * asked for; NULL: it is the same one, whose labels are hidden for them.
 */
bool outputs_write(const struct options *options, struct profile *profile,
		   struct profile *plain, size_t *sizes, struct err *err);

#endif
