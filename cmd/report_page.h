/*
 * The pages of a report, as HTML and Markdown.
 */
#ifndef CMD_REPORT_PAGE_H
#define CMD_REPORT_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/vec.h"
#include "profile/coverage.h"
#include "profile/profile.h"

/* What a report says of one capture. */
struct report_entry {
	char *name; /* as the user knows it */
	char *path;
	char *folder; /* of its files, below the report's */
	char *error;  /* why it could not be read; NULL: it was */
	uint64_t n_samples;
	uint64_t n_filtered; /* left out as was asked */
	uint64_t n_lost;     /* while recording */
	uint64_t n_bpf_filtered;
	uint64_t n_damaged;
	char *total;	  /* what was counted, with its unit */
	char *others;	  /* what else; NULL: nothing */
	double named;	  /* percent of the weight */
	double change;	  /* of the total against the baseline, percent */
	bool has_base;	  /* there is a baseline of it, */
	char *base_error; /* and why it cannot be compared; NULL: it can */
	char *top;	  /* the table of functions */
	char *unnamed;	  /* rows of what has no name, one a line */
	char *diff;	  /* the table of differences; NULL: none */
};

typedef VEC(struct report_entry) report_entries;

void report_entry_release(struct report_entry *entry);

/* Append the first page, in both forms. title is plain text. */
void report_index_html(const report_entries *entries, const char *title,
		       struct buf *out);
void report_index_markdown(const report_entries *entries, const char *title,
			   struct buf *out);

/* Appends the page of one capture. */
void report_page_html(const struct report_entry *entry, struct buf *out);

#endif
