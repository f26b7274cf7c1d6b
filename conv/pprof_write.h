/*
 * The profile as a pprof file: a gzipped protocol buffer.
 *
 * Format: proto/profile.proto of github.com/google/pprof. Nothing stands in it
 * twice, nothing that no sample leads to, and numbers are given in the order
 * of first use from the samples, so equal profiles are equal bytes.
 */
#ifndef CONV_PPROF_WRITE_H
#define CONV_PPROF_WRITE_H

#include "base/buf.h"
#include "profile/place.h"
#include "profile/profile.h"

struct pprof_options {
	enum raw_style raw;
	unsigned n_threads; /* for compression */
};

/* Appends the file's bytes to out. */
void pprof_write(const struct profile *profile,
		 const struct pprof_options *options, struct buf *out);

#endif
