/*
 * Few stacks are seen for the first time. So the addresses of a line are not
 * looked at before their text was looked up among those that are known, which
 * mean the same as long as the same things are mapped.
 */
#include "config.h"
#include "conv/stacks_read.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/slots.h"
#include "base/vec.h"
#include "conv/bpftrace_text.h"
#include "conv/sample_facts.h"
#include "conv/stack_builder.h"
#include "conv/stacks_told.h"
#include "conv/text_input.h"
#include "conv/words.h"

#define FIRST_LINE "symconv-stacks 1"
#define FORM	   "stack PID TID VALUE [k ADDRESS...] [u ADDRESS...]"

/* The addresses of a stack, as text, and where they were. */
struct known_stack {
	size_t text; /* in texts */
	size_t length;
	uint32_t space;
	uint32_t kernel_space;
	uint32_t stack;
};

struct reader_state {
	struct stack_builder *builder;
	struct stacks_told told;
	struct bpftrace_text *bpftrace;
	VEC(struct known_stack) known;
	struct slots slots; /* of known */
	struct buf texts;
	VEC(struct raw_frame) frames;
};

/* ---- known stacks ---- */

struct stack_key {
	const char *text;
	size_t length;
	uint32_t space;
	uint32_t kernel_space;
};

static bool known_equal(const void *context, const void *key, uint32_t number)
{
	const struct reader_state *state = context;
	const struct known_stack *known = &state->known.items[number];
	const struct stack_key *wanted = key;

	return known->length == wanted->length &&
	       known->space == wanted->space &&
	       known->kernel_space == wanted->kernel_space &&
	       memcmp(state->texts.bytes + known->text, wanted->text,
		      wanted->length) == 0;
}

static uint32_t hash_key(const struct stack_key *key)
{
	uint64_t seed = (uint64_t)key->space << 32 | key->kernel_space;

	return (uint32_t)XXH3_64bits_withSeed(key->text, key->length, seed);
}

/* ---- stacks ---- */

/*
 * "k ADDRESS... u ADDRESS...": the first of each part is where something was
 * interrupted or called the kernel, what follows are return addresses.
 */
static bool parse_frames(struct reader_state *state, char *text)
{
	bool is_kernel = false, is_exact = true, has_user = false;
	bool has_part = false;
	const char *word;
	uint64_t avma;

	state->frames.n = 0;
	while ((word = words_next(&text))) {
		if (strcmp(word, "u") == 0 || strcmp(word, "k") == 0) {
			if (has_user || (has_part && *word == 'k'))
				return false;
			is_kernel = *word == 'k';
			has_user = !is_kernel;
			has_part = is_exact = true;
			continue;
		}
		if (!has_part || !words_hex(word, &avma))
			return false;
		*vec_add(&state->frames) = (struct raw_frame){
			.avma = avma,
			.is_kernel = is_kernel,
			.is_exact = is_exact,
			.has_address = true,
		};
		is_exact = false;
	}
	return true;
}

/* The stack of what was parsed of this text. */
static uint32_t add_stack(struct reader_state *state, uint32_t pid,
			  struct stack_key *key, uint32_t hash, size_t text)
{
	uint32_t stack =
		stack_builder_stack(state->builder, pid, state->frames.items,
				    (uint32_t)state->frames.n);

	key->text = (const char *)state->texts.bytes + text;
	slots_find_or_add(&state->slots, hash, known_equal, state, key,
			  (uint32_t)state->known.n);
	*vec_add(&state->known) = (struct known_stack){
		.text = text,
		.length = key->length,
		.space = key->space,
		.kernel_space = key->kernel_space,
		.stack = stack,
	};
	return stack;
}

/* Adds the sample if it is wanted; what is not makes no stack. False if the
 * text of its addresses is none. */
static bool add_sample(struct reader_state *state, struct raw_sample *sample,
		       char *text, size_t length)
{
	struct stack_builder *builder = state->builder;
	struct stack_key key = {
		.text = text,
		.length = length,
		.space = stack_builder_space(builder, sample->pid),
		.kernel_space = stack_builder_space(builder, UINT32_MAX),
	};
	uint32_t hash = hash_key(&key), stack;
	uint32_t known =
		slots_find(&state->slots, hash, known_equal, state, &key);
	size_t at = state->texts.size;

	if (known != SLOT_FREE) {
		if (stacks_told_complete(&state->told, sample, NULL))
			stack_builder_sample(builder, sample,
					     state->known.items[known].stack);
		return true;
	}
	/* Parsing takes the text to pieces; it is kept as it was. */
	buf_add(&state->texts, text, length);
	if (!parse_frames(state, text)) {
		state->texts.size = at;
		return false;
	}
	if (!stacks_told_complete(&state->told, sample, NULL)) {
		state->texts.size = at;
		return true;
	}
	stack = add_stack(state, sample->pid, &key, hash, at);
	stack_builder_sample(builder, sample, stack);
	return true;
}

static bool take_stack(struct reader_state *state, char *line, size_t length,
		       struct err *why)
{
	char *rest = line + strlen("stack ");
	const char *first = words_next(&rest), *second = words_next(&rest);
	const char *third = words_next(&rest);
	struct raw_sample sample = { 0 };
	uint64_t value;

	if (!third || !stacks_told_pid(first, &sample.pid) ||
	    !stacks_told_pid(second, &sample.tid) ||
	    !words_number(third, INT64_MAX, &value))
		return err_set(why, "it should be \"" FORM "\"");
	sample.weight = (int64_t)value;
	if (!add_sample(state, &sample, rest, length - (size_t)(rest - line)))
		return err_set(why, "it should be \"" FORM "\"");
	state->told.facts.has_pids = state->told.facts.has_tids = true;
	return true;
}

/* ---- lines ---- */

static bool take_line(struct reader_state *state, char *line, size_t length,
		      struct err *why)
{
	if (words_start_with(line, "stack ")) {
		state->told.is_in_maps = false;
		return take_stack(state, line, length, why);
	}
	/* Texts may have been put behind each other. */
	if (strcmp(line, FIRST_LINE) == 0) {
		stacks_told_restart(&state->told);
		return true;
	}
	switch (stacks_told_take(&state->told, line, why)) {
	case TOLD_FACT:
		return true;
	case TOLD_NONSENSE:
		return false;
	case TOLD_NOTHING:
		break;
	}
	return err_set(why, "it begins with no word that is known");
}

static void take_lines(struct reader_state *state, struct text_input *text)
{
	size_t length;
	struct err why;
	char *line;

	while ((line = text_input_next(text, &length))) {
		state->told.line = text->lines.n_lines;
		if (!bpftrace_text_take(state->bpftrace, line) &&
		    !take_line(state, line, length, &why))
			text_input_skip(text, &why);
	}
	bpftrace_text_end(state->bpftrace);
}

bool stacks_read(const struct input *input, const struct read_options *options,
		 struct profile *profile, struct read_stats *stats,
		 struct err *err)
{
	struct reader_state state = {
		.builder = stack_builder_new(profile, options),
	};
	uint64_t started = clock_now();
	struct text_input text;
	bool ok;

	stacks_told_init(&state.told, state.builder, profile, stats);
	text_input_init(&text, input, stats);
	state.bpftrace = bpftrace_text_new(&state.told, &text);
	slots_init(&state.slots, 1024);
	/* A text of no bytes lies somewhere, too. */
	buf_extend(&state.texts, 0);
	take_lines(&state, &text);
	stack_builder_finish(state.builder, stats);
	stats->samples_ns = clock_now() - started;
	ok = text_input_end(&text, err) &&
	     sample_facts_answer(&state.told.facts, options, input->name, err);
	slots_release(&state.slots);
	vec_release(&state.known);
	vec_release(&state.frames);
	buf_release(&state.texts);
	bpftrace_text_free(state.bpftrace);
	text_input_release(&text);
	stacks_told_release(&state.told);
	stack_builder_free(state.builder);
	return ok;
}

/* ---- kinds ---- */

bool stacks_is_likely(const unsigned char *head, size_t size)
{
	size_t n = strlen(FIRST_LINE);

	return size > n && memcmp(head, FIRST_LINE, n) == 0 &&
	       (head[n] == '\n' || head[n] == '\r');
}
