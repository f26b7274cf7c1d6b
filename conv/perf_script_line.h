/*
 * The lines of what perf script prints, each by itself: which of its fields
 * are there is told by their form alone, as nothing announces them.
 */
#ifndef CONV_PERF_SCRIPT_LINE_H
#define CONV_PERF_SCRIPT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conv/perf_record.h"

/* What stands before a sample's stack; all texts borrow from the line. */
struct script_header {
	const char *comm; /* n_comm bytes */
	size_t n_comm;
	const char *event; /* n_event bytes; NULL: none */
	size_t n_event;
	const char *frame; /* the sampled address and on, where they stand on
			    * the same line; NULL: none */
	bool has_text;	   /* something else: what a tracepoint says */
	bool has_pid;
	bool has_tid; /* without has_pid: one number, either of the two */
	bool has_cpu;
	bool has_time;
	bool has_period;
	uint32_t pid;
	uint32_t tid;
	uint32_t cpu;
	uint64_t time; /* ns */
	uint64_t period;
};

/* False: it may be a thread's name at best, which is in comm. */
bool script_header_parse(struct script_header *header, const char *line);

/* One function of a stack; all texts borrow from the line. */
struct script_frame {
	uint64_t address;
	const char *name; /* NULL: unknown */
	const char *dso;  /* NULL: unknown */
	bool is_inlined;  /* into the frame below */
	bool is_unmapped; /* perf says so */
	bool is_kernel;
	bool has_file_off; /* -F dsoff */
	uint64_t file_off;
};

/* Whether the line has the form of a frame: blanks and a wide address. */
bool script_line_is_frame(const char *line);

/*
 * Whether a line is a frame in the columns that perf prints it in, of which
 * there are few others: for texts that need not be of perf at all.
 */
bool script_line_is_printed_frame(const char *line);

/* The same of the frame in a header, of this line. */
bool script_header_has_printed_frame(const struct script_header *header,
				     const char *line);

/* Reads a frame, writing NULs to the line. False: it is none. */
bool script_frame_parse(struct script_frame *frame, char *line);

/* Whether a frame's address would be an offset in its file, if perf is of the
 * versions that print those: it has a file, and not one of the kernel. */
bool script_frame_is_of_file(const struct script_frame *frame);

/* Reads "FILE:LINE", writing a NUL to the text; false: it says neither. */
bool script_source_parse(char *text, const char **file, uint32_t *line);

enum script_record_kind {
	SCRIPT_RECORD_DAMAGED,
	SCRIPT_RECORD_OTHER, /* says nothing of what is mapped where */
	SCRIPT_RECORD_MMAP,
	SCRIPT_RECORD_COMM,
	SCRIPT_RECORD_FORK,
	SCRIPT_RECORD_LOST,
};

/* One of --show-mmap-events, --show-task-events and so on. */
struct script_record {
	struct mmap_record mmap;
	uint32_t mmap_tid;
	struct comm_record comm;
	struct fork_record fork;
	uint64_t n_lost;
};

/* Where "PERF_RECORD_" begins in a line; NULL: it is another line. */
char *script_record_find(char *line);

/* Reads from there, writing NULs to the text, from which texts borrow. */
enum script_record_kind script_record_parse(struct script_record *record,
					    char *text);

#endif
