/*
 * What has to be known of an ELF file to find the tables for an address: its
 * identity, its segments, where each page of symbols begins, which unit covers
 * what. A flat blob: made by a worker, kept in the cache, checked when it is
 * opened and searched in place.
 */
#ifndef SYMBOLIZE_IMAGE_INDEX_H
#define SYMBOLIZE_IMAGE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "profile/build_id.h"
#include "profile/profile.h"
#include "symbolize/intervals.h"

enum {
	IMAGE_HAS_SYMBOLS = 1 << 0,
	IMAGE_HAS_DWARF = 1 << 1,
	IMAGE_HAS_BAD_DWARF = 1 << 2,
	IMAGE_HAS_SYMTAB = 1 << 3,     /* not only what .dynsym exports */
	IMAGE_HAS_OWN_FILE = 1 << 4,   /* not only a debug file was read */
	IMAGE_LACKS_PARTS = 1 << 5,    /* of its DWARF: no supplementary file */
	IMAGE_LACKS_UNITS = 1 << 6,    /* of its DWARF: split ones not found */
	IMAGE_HAS_OPEN_FRONT = 1 << 7, /* as in struct relocatable_layout */
};

/* Libraries have one or two. */
enum { MAX_TRAMPOLINES = 4 };

struct image_index_header {
	uint32_t magic;
	uint32_t version;
	uint32_t flags;
	uint32_t build_id_size;
	uint8_t build_id[24];
	uint64_t content_hash[2]; /* of files without a build id */
	uint64_t text_svma;	  /* of _text and _stext: kernels; 0: none */
	uint64_t stext_svma;
	uint64_t text_first; /* of kernel modules: as in struct */
	uint64_t text_last;  /* relocatable_layout */
	uint64_t front_least;
	uint64_t front_most;
	uint32_t n_segments;
	uint32_t n_pages;
	uint32_t n_units;	/* ranges of units */
	uint32_t n_lacking;	/* units of which the rest was not found */
	uint64_t symbols_limit; /* end of the last page */
	uint64_t trampolines[MAX_TRAMPOLINES]; /* as trampolines_find() has
						* them; 0: no more */
};

/* Appends the blob; header's magic, version and counts are filled in. */
void image_index_build(struct image_index_header header,
		       const struct segment *segments, size_t n_segments,
		       const struct intervals *symbols,
		       const struct intervals *units, struct buf *out);

/* A checked view of a blob's bytes, which are borrowed. */
struct image_index {
	const struct image_index_header *header;
	const struct segment *segments;
	const uint64_t *pages; /* where each begins */
	const struct interval *units;
};

bool image_index_open(struct image_index *index, const void *bytes, size_t size,
		      struct err *err);

struct build_id image_index_build_id(const struct image_index *index);

/* Where an offset of the file is loaded; false if it is not. */
bool image_index_svma(const struct image_index *index, uint64_t file_off,
		      uint64_t *svma);

/*
 * Where execution was, of an address that is one byte back as of a call: a
 * handler of signals returns to the first byte of a trampoline, which has
 * called nobody. All other addresses stay.
 */
uint64_t image_index_exact(const struct image_index *index, uint64_t svma);

/* The page of symbols, and the unit, that may cover an address. */
bool image_index_page(const struct image_index *index, uint64_t svma,
		      uint64_t *page);
bool image_index_unit(const struct image_index *index, uint64_t svma,
		      uint64_t *unit);

/* Whether the code of a unit begins or ends between two addresses: they are
 * not of the same source file then. */
bool image_index_unit_between(const struct image_index *index, uint64_t svma,
			      uint64_t later);

#endif
