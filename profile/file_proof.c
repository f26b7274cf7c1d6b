#include "config.h"
#include "profile/file_proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

static bool has_proof(const struct module *module)
{
	return module->kind == MODULE_FILE &&
	       (module->inode != 0 || module->file_size != 0);
}

/* Modules that no location lies in are not in the profile either. */
static bool *find_used(const struct profile *profile)
{
	bool *is_used = mem_zalloc(profile->modules.n + 1, sizeof(*is_used));

	for (size_t i = 0; i < profile->stack_locations.n; i++) {
		uint32_t location = profile->stack_locations.items[i];
		uint32_t module = profile->locations.items[location].module;

		if (module != NO_MODULE)
			is_used[module] = true;
	}
	return is_used;
}

static int compare_texts(const void *a, const void *b)
{
	char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* In the order of the texts: modules have another one when they are read. */
void file_proof_add_comments(struct profile *profile)
{
	bool *is_used = find_used(profile);
	VEC(char *) texts = { 0 };

	for (size_t i = 0; i < profile->modules.n; i++) {
		const struct module *module = &profile->modules.items[i];

		if (is_used[i] && has_proof(module))
			*vec_add(&texts) = mem_printf(
				FILE_PROOF_COMMENT "inode %" PRIu64
						   " size %" PRIu64 " %s",
				module->inode, module->file_size,
				profile_string(profile, module->path));
	}
	if (texts.n > 0)
		qsort(texts.items, texts.n, sizeof(char *), compare_texts);
	for (size_t i = 0; i < texts.n; i++) {
		if (i == 0 || strcmp(texts.items[i], texts.items[i - 1]) != 0)
			*vec_add(&profile->comments) =
				profile_add_string(profile, texts.items[i]);
	}
	for (size_t i = 0; i < texts.n; i++)
		free(texts.items[i]);
	vec_release(&texts);
	free(is_used);
}

struct proof {
	uint64_t inode;
	uint64_t size;
	const char *path;
};

/* "KEY NUMBER " at *at, which moves behind it. */
static bool take_number(const char **at, const char *key, uint64_t *number)
{
	char *end;

	if (!text_starts_with(*at, key))
		return false;
	*number = strtoull(*at + strlen(key), &end, 10);
	if (end == *at + strlen(key) || *end != ' ')
		return false;
	*at = end + 1;
	return true;
}

static bool parse(const char *text, struct proof *proof)
{
	if (!text_starts_with(text, FILE_PROOF_COMMENT))
		return false;
	text += strlen(FILE_PROOF_COMMENT);
	if (!take_number(&text, "inode ", &proof->inode) ||
	    !take_number(&text, "size ", &proof->size))
		return false;
	proof->path = text;
	return *text != '\0';
}

static void set_proof(struct module *module, uint64_t inode, uint64_t size)
{
	module->inode = inode;
	module->file_size = size;
}

static void apply(struct profile *profile, const struct proof *proof)
{
	for (size_t i = 0; i < profile->modules.n; i++) {
		struct module *module = &profile->modules.items[i];

		if (module->kind != MODULE_FILE ||
		    strcmp(profile_string(profile, module->path),
			   proof->path) != 0)
			continue;
		if (has_proof(module) && (module->inode != proof->inode ||
					  module->file_size != proof->size))
			set_proof(module, UINT64_MAX, UINT64_MAX);
		else
			set_proof(module, proof->inode, proof->size);
	}
}

void file_proof_take_comments(struct profile *profile)
{
	size_t n = 0;

	for (size_t i = 0; i < profile->comments.n; i++) {
		uint32_t comment = profile->comments.items[i];
		struct proof proof;

		if (parse(profile_string(profile, comment), &proof))
			apply(profile, &proof);
		else
			profile->comments.items[n++] = comment;
	}
	profile->comments.n = n;
}
