#include "config.h"
#include "profile/file_proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/vec.h"

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

struct proof {
	uint64_t inode;
	uint64_t size;
	const char *path;
};

struct proofs {
	VEC(struct proof) items; /* by path, each once */
};

static int compare_paths(const void *a, const void *b)
{
	const struct proof *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* Where files of one path differ, nothing tells which is whose: they get
 * numbers that no file has. */
static void unite(struct proofs *proofs)
{
	struct proof *items = proofs->items.items;
	size_t kept = 0;

	if (proofs->items.n == 0)
		return;
	qsort(items, proofs->items.n, sizeof(*items), compare_paths);
	for (size_t i = 1; i < proofs->items.n; i++)
		if (strcmp(items[i].path, items[kept].path) != 0)
			items[++kept] = items[i];
		else if (items[i].inode != items[kept].inode ||
			 items[i].size != items[kept].size)
			items[kept].inode = items[kept].size = UINT64_MAX;
	proofs->items.n = kept + 1;
}

/* ---- writing ---- */

static int compare_texts(const void *a, const void *b)
{
	char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static void list_proofs(const struct profile *profile, struct proofs *proofs)
{
	bool *is_used = find_used(profile);

	for (size_t i = 0; i < profile->modules.n; i++) {
		const struct module *module = &profile->modules.items[i];

		if (is_used[i] && has_proof(module))
			*vec_add(&proofs->items) = (struct proof){
				.inode = module->inode,
				.size = module->file_size,
				.path = profile_string(profile, module->path),
			};
	}
	unite(proofs);
	free(is_used);
}

/* In the order of the texts: modules have another one when they are read. */
void file_proof_add_comments(struct profile *profile)
{
	struct proofs proofs = { 0 };
	VEC(char *) texts = { 0 };

	list_proofs(profile, &proofs);
	for (size_t i = 0; i < proofs.items.n; i++) {
		const struct proof *proof = &proofs.items.items[i];

		*vec_add(&texts) =
			mem_printf(FILE_PROOF_COMMENT "inode %" PRIu64
						      " size %" PRIu64 " %s",
				   proof->inode, proof->size, proof->path);
	}
	if (texts.n > 0)
		qsort(texts.items, texts.n, sizeof(char *), compare_texts);
	for (size_t i = 0; i < texts.n; i++) {
		*vec_add(&profile->comments) =
			profile_add_string(profile, texts.items[i]);
		free(texts.items[i]);
	}
	vec_release(&texts);
	vec_release(&proofs.items);
}

/* ---- reading ---- */

/* "KEY NUMBER " at *at, which moves behind it. */
static bool take_number(const char **at, const char *key, uint64_t *number)
{
	const char *digits = *at + strlen(key);
	char *end;

	/* strtoull() would take a sign. */
	if (!text_starts_with(*at, key) || *digits < '0' || *digits > '9')
		return false;
	*number = strtoull(digits, &end, 10);
	if (*end != ' ')
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

static void apply(struct profile *profile, const struct proofs *proofs)
{
	if (proofs->items.n == 0)
		return;
	for (size_t i = 0; i < profile->modules.n; i++) {
		struct module *module = &profile->modules.items[i];
		struct proof key = {
			.path = profile_string(profile, module->path),
		};
		const struct proof *proof;

		if (module->kind != MODULE_FILE)
			continue;
		proof = bsearch(&key, proofs->items.items, proofs->items.n,
				sizeof(key), compare_paths);
		if (proof) {
			module->inode = proof->inode;
			module->file_size = proof->size;
		}
	}
}

void file_proof_take_comments(struct profile *profile)
{
	struct proofs proofs = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < profile->comments.n; i++) {
		uint32_t comment = profile->comments.items[i];
		struct proof proof;

		if (parse(profile_string(profile, comment), &proof))
			*vec_add(&proofs.items) = proof;
		else
			profile->comments.items[n++] = comment;
	}
	profile->comments.n = n;
	unite(&proofs);
	apply(profile, &proofs);
	vec_release(&proofs.items);
}
