/*
 * All stacks of a profile merged into one tree of calls, root first: what a
 * flame graph draws. A second profile may be laid beside it as the baseline.
 *
 *	all ─▶ main ─▶ work ─▶ (inlined) add
 *	         └───▶ exit ─▶ 0x401234
 *
 * A node is told from its siblings by what it is called and what kind it is, so
 * two functions of one name are one. Children are in the order of their names:
 * the tree does not depend on the order of samples.
 */
#ifndef CONV_FLAME_TREE_H
#define CONV_FLAME_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/intern.h"
#include "base/vec.h"
#include "profile/place.h"
#include "profile/profile.h"

enum flame_kind {
	FLAME_ROOT,
	FLAME_THREAD, /* a subtree of its own */
	FLAME_USER,
	FLAME_KERNEL,
	FLAME_JIT,	/* generated code with a name */
	FLAME_RAW,	/* an address without one */
	FLAME_UNMAPPED, /* an address where nothing was mapped */
	N_FLAME_KINDS
};

/* What nodes of one function have in common. */
struct flame_key {
	uint32_t name; /* in the tree's names */
	enum flame_kind kind;
	bool is_inlined; /* into the node above */
};

enum flame_side { FLAME_NOW, FLAME_BASE, N_FLAME_SIDES };

struct flame_node {
	uint32_t key;
	uint32_t depth; /* of the root: 0 */
	int64_t self[N_FLAME_SIDES];
	int64_t total[N_FLAME_SIDES]; /* with all below */
};

struct flame_tree {
	struct intern names; /* as they are in the profiles */
	VEC(struct flame_key) keys;
	VEC(struct flame_node) nodes; /* in preorder; the root is the first */
	uint32_t max_depth;
};

/* What is merged: one type of a profile's values. */
struct flame_source {
	const struct profile *profile;
	size_t type; /* index into the profile's types */
};

struct flame_tree_options {
	enum raw_style raw;
	/*
	 * Below the root comes "comm (pid/tid)" of each thread; with a
	 * baseline only its name, as the numbers are others in each run.
	 */
	bool per_thread;
};

/*
 * Fills the tree, which is the caller's to release. base may be NULL: then its
 * values are 0. Values below 1 are left out, sums that are too large stay the
 * largest number.
 */
void flame_tree_init(struct flame_tree *tree, const struct flame_source *now,
		     const struct flame_source *base,
		     const struct flame_tree_options *options);
void flame_tree_release(struct flame_tree *tree);

#endif
