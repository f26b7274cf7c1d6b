/*
 * Which machine recorded a capture, and when, as far as the capture says: what
 * a machine compares with itself before it believes that its own kernel is the
 * captured one.
 */
#ifndef PROFILE_RECORDING_H
#define PROFILE_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

enum record_clock {
	RECORD_CLOCK_UNKNOWN,
	RECORD_CLOCK_BOOT, /* counts from about the start of the kernel */
	RECORD_CLOCK_WALL, /* counts from 1970 */
};

struct recording {
	uint32_t host, release,
		machine;	 /* strings as of uname(2); 0: unknown */
	enum record_clock clock; /* of the samples' times */
	uint64_t first_ns;	 /* of the first and last sample */
	uint64_t last_ns;
	bool has_epoch; /* where RECORD_CLOCK_BOOT had 0 on the wall's clock */
	int64_t epoch_ns;
	int64_t written_ns; /* last change of the file, since 1970; 0: none */
	uint64_t read_from_ns; /* a pipe: CLOCK_MONOTONIC when reading began;
				* 0: it was none */
};

#endif
