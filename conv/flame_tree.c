/*
 * Each location is first turned into its steps, the keys of its frames from
 * the outermost to the innermost. Stacks are then walked from the root by
 * numbers alone. Three things make that cheap, the cheapest first: as far as
 * the locations are those of the stack before, so are the nodes; a node
 * remembers the child that was last gone to; and all children are in one hash
 * table by (parent, key). What a node weighs is kept apart, as only leaves
 * are weighed until the tree is complete.
 *
 * Keys are put in the order of their names once, and nodes sorted by the rank
 * of their key by counting: so no two strings are compared for a node.
 */
#include "config.h"
#include "conv/flame_tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/slots.h"

/* No node, name or thread. */
#define NONE UINT32_MAX

/* A node while the tree grows. */
struct growth {
	uint32_t parent;
	uint32_t key;
	uint32_t last_child; /* that was gone to; later the first one */
	uint32_t sibling;    /* later: the next one */
};

struct weight {
	int64_t self[N_FLAME_SIDES];
};

/* The frames of a location, or of all. */
struct steps {
	uint32_t first;
	uint32_t n;
};

struct builder {
	struct flame_tree *tree;
	const struct flame_tree_options *options;
	bool has_base;
	struct slots key_slots;
	VEC(struct growth) nodes;
	VEC(struct weight) weights; /* by node */
	struct slots node_slots;    /* by parent and key */
	/* Of the profile at hand: */
	const struct profile *profile;
	enum flame_side side;
	uint32_t *names_of_functions; /* NONE: not asked for yet */
	uint32_t *roots_of_labels;    /* by label set; NONE: the same */
	struct steps *steps;	      /* by location */
	VEC(uint32_t) keys;	      /* of all steps */
	VEC(uint32_t) path;	      /* nodes after each location */
	const struct stack *last;     /* whose path it is */
	uint32_t last_root;
};

static int64_t add_saturating(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static uint32_t mix(uint32_t a, uint32_t b)
{
	uint64_t x = ((uint64_t)a << 32 | b) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(x >> 32);
}

/* ---- keys ---- */

static inline bool key_equal(const void *context, const void *key,
			     uint32_t number)
{
	const struct flame_tree *tree = context;
	const struct flame_key *a = key, *b = &tree->keys.items[number];

	return a->name == b->name && a->kind == b->kind &&
	       a->is_inlined == b->is_inlined;
}

static uint32_t add_key(struct builder *builder, uint32_t name,
			enum flame_kind kind, bool is_inlined)
{
	struct flame_tree *tree = builder->tree;
	struct flame_key key = { name, kind, is_inlined };
	uint32_t number = slots_find_or_add(
		&builder->key_slots,
		mix(name, (uint32_t)kind << 1 | is_inlined), key_equal, tree,
		&key, (uint32_t)tree->keys.n);

	if (number == tree->keys.n)
		*vec_add(&tree->keys) = key;
	return number;
}

static uint32_t name_of_function(struct builder *builder, uint32_t function)
{
	uint32_t *name = &builder->names_of_functions[function];
	const struct profile *profile = builder->profile;

	if (*name == NONE)
		*name = intern_add(
			&builder->tree->names,
			profile_string(
				profile,
				profile->functions.items[function].name));
	return *name;
}

static enum flame_kind kind_of(const struct profile *profile,
			       const struct location *location)
{
	if (location->n_frames == 0)
		return location->reason == REASON_UNMAPPED &&
				       location->module == NO_MODULE
			       ? FLAME_UNMAPPED
			       : FLAME_RAW;
	if (location->module == NO_MODULE)
		return FLAME_USER;
	switch (profile->modules.items[location->module].kind) {
	case MODULE_KERNEL:
	case MODULE_KERNEL_MODULE:
	case MODULE_KERNEL_CODE:
	case MODULE_GUEST_KERNEL:
	case MODULE_GUEST_MODULE:
		return FLAME_KERNEL;
	case MODULE_ANON:
		return FLAME_JIT;
	default:
		return FLAME_USER;
	}
}

/* The outermost function is the one that the others are inlined into. */
static void add_steps(struct builder *builder, const struct location *location)
{
	const struct profile *profile = builder->profile;
	enum flame_kind kind = kind_of(profile, location);
	char raw[RAW_NAME_MAX];

	for (uint32_t i = location->n_frames; i > 0; i--) {
		const struct frame *frame =
			&profile->frames.items[location->first_frame + i - 1];
		uint32_t name = name_of_function(builder, frame->function);

		*vec_add(&builder->keys) =
			add_key(builder, name, kind, i < location->n_frames);
	}
	if (location->n_frames == 0) {
		location_raw_name(profile, location, builder->options->raw,
				  raw);
		*vec_add(&builder->keys) =
			add_key(builder, intern_add(&builder->tree->names, raw),
				kind, false);
	}
}

static void make_steps(struct builder *builder)
{
	const struct profile *profile = builder->profile;

	builder->steps =
		mem_zalloc(profile->locations.n, sizeof(*builder->steps));
	for (size_t i = 0; i < profile->locations.n; i++) {
		uint32_t first = (uint32_t)builder->keys.n;

		add_steps(builder, &profile->locations.items[i]);
		builder->steps[i].first = first;
		builder->steps[i].n = (uint32_t)builder->keys.n - first;
	}
}

/* ---- nodes ---- */

static inline bool node_equal(const void *context, const void *key,
			      uint32_t number)
{
	const struct builder *builder = context;
	const struct growth *a = key, *b = &builder->nodes.items[number];

	return a->parent == b->parent && a->key == b->key;
}

static uint32_t add_node(struct builder *builder, uint32_t parent, uint32_t key)
{
	*vec_add(&builder->nodes) = (struct growth){
		.parent = parent,
		.key = key,
		.last_child = NONE,
		.sibling = NONE,
	};
	*vec_add(&builder->weights) = (struct weight){ 0 };
	return (uint32_t)builder->nodes.n - 1;
}

static inline uint32_t child_of(struct builder *builder, uint32_t parent,
				uint32_t key)
{
	uint32_t child = builder->nodes.items[parent].last_child;
	struct growth wanted = { .parent = parent, .key = key };

	if (child != NONE && builder->nodes.items[child].key == key)
		return child;
	child = slots_find_or_add(&builder->node_slots, mix(parent, key),
				  node_equal, builder, &wanted,
				  (uint32_t)builder->nodes.n);
	if (child == builder->nodes.n)
		add_node(builder, parent, key);
	builder->nodes.items[parent].last_child = child;
	return child;
}

/* How many locations from the root on are those of the stack before. */
static uint32_t shared_prefix(const struct builder *builder,
			      const struct stack *stack)
{
	const uint32_t *locations = builder->profile->stack_locations.items;
	const struct stack *last = builder->last;
	const uint32_t *a, *b;
	uint32_t n = 0, limit;

	if (!last)
		return 0;
	a = locations + stack->first + stack->n;
	b = locations + last->first + last->n;
	limit = stack->n < last->n ? stack->n : last->n;
	while (n < limit && *--a == *--b)
		n++;
	return n;
}

static void add_stack(struct builder *builder, const struct stack *stack,
		      uint32_t root, int64_t value)
{
	const uint32_t *locations =
		builder->profile->stack_locations.items + stack->first;
	uint32_t known =
		root == builder->last_root ? shared_prefix(builder, stack) : 0;
	uint32_t node = known > 0 ? builder->path.items[known - 1] : root;
	int64_t *self;

	builder->path.n = known;
	for (uint32_t i = stack->n - known; i > 0; i--) {
		const struct steps *steps = &builder->steps[locations[i - 1]];

		for (uint32_t k = 0; k < steps->n; k++)
			node = child_of(builder, node,
					builder->keys.items[steps->first + k]);
		*vec_add(&builder->path) = node;
	}
	builder->last = stack;
	builder->last_root = root;
	self = &builder->weights.items[node].self[builder->side];
	*self = add_saturating(*self, value);
}

/* ---- samples ---- */

static const struct label *find_label(const struct profile *profile,
				      const struct label_set *set,
				      const char *key)
{
	for (uint32_t i = 0; i < set->n; i++) {
		const struct label *label =
			&profile->labels.items[set->first + i];

		if (strcmp(profile_string(profile, label->key), key) == 0)
			return label;
	}
	return NULL;
}

/* "comm (pid/tid)", or what is known of it; free() it. */
static char *thread_name(const struct builder *builder,
			 const struct label_set *set)
{
	const struct profile *profile = builder->profile;
	const struct label *comm = find_label(profile, set, "thread_comm");
	const struct label *pid = find_label(profile, set, "pid");
	const struct label *tid = find_label(profile, set, "tid");
	const char *name;

	if (!comm)
		comm = find_label(profile, set, "comm");
	name = comm ? profile_string(profile, comm->text) : "?";
	if (builder->has_base || !pid)
		return mem_strdup(name);
	if (!tid)
		return mem_printf("%s (%" PRId64 ")", name, pid->number);
	return mem_printf("%s (%" PRId64 "/%" PRId64 ")", name, pid->number,
			  tid->number);
}

static uint32_t root_of(struct builder *builder, uint32_t labels)
{
	uint32_t *root = &builder->roots_of_labels[labels];
	char *name;

	if (*root != NONE)
		return *root;
	name = thread_name(builder,
			   &builder->profile->label_sets.items[labels]);
	*root = child_of(builder, 0,
			 add_key(builder,
				 intern_add(&builder->tree->names, name),
				 FLAME_THREAD, false));
	free(name);
	return *root;
}

static int64_t value_of(const struct flame_source *source,
			const struct sample *sample)
{
	return source->profile->values
		.items[sample->first_value + source->type];
}

static void add_by_thread(struct builder *builder,
			  const struct flame_source *source)
{
	const struct profile *profile = source->profile;

	for (size_t i = 0; i < profile->samples.n; i++) {
		const struct sample *sample = &profile->samples.items[i];
		int64_t value = value_of(source, sample);

		if (value > 0)
			add_stack(builder,
				  &profile->stacks.items[sample->stack],
				  root_of(builder, sample->labels), value);
	}
}

/* A stack is walked once, however many label sets it has. */
static void add_merged(struct builder *builder,
		       const struct flame_source *source)
{
	const struct profile *profile = source->profile;
	int64_t *sums = mem_zalloc(profile->stacks.n, sizeof(*sums));

	for (size_t i = 0; i < profile->samples.n; i++) {
		const struct sample *sample = &profile->samples.items[i];
		int64_t value = value_of(source, sample);

		if (value > 0)
			sums[sample->stack] =
				add_saturating(sums[sample->stack], value);
	}
	for (size_t i = 0; i < profile->stacks.n; i++)
		if (sums[i] > 0)
			add_stack(builder, &profile->stacks.items[i], 0,
				  sums[i]);
	free(sums);
}

static uint32_t *new_numbers(size_t n)
{
	uint32_t *numbers = mem_alloc(n * sizeof(*numbers) + 1);

	memset(numbers, 0xff, n * sizeof(*numbers));
	return numbers;
}

static void add_source(struct builder *builder,
		       const struct flame_source *source, enum flame_side side)
{
	const struct profile *profile = source->profile;

	if (source->type >= profile->types.n)
		return;
	builder->profile = profile;
	builder->side = side;
	builder->names_of_functions = new_numbers(profile->functions.n);
	builder->roots_of_labels = new_numbers(profile->label_sets.n);
	builder->last = NULL;
	builder->keys.n = 0;
	make_steps(builder);
	if (builder->options->per_thread)
		add_by_thread(builder, source);
	else
		add_merged(builder, source);
	free(builder->steps);
	free(builder->roots_of_labels);
	free(builder->names_of_functions);
}

/* ---- order ---- */

struct named_key {
	const char *name;
	uint32_t key;
	uint32_t kind;
};

static int compare_keys(const void *a, const void *b)
{
	const struct named_key *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : (int)x->kind - (int)y->kind;
}

/* Puts the tree's keys in the order of their names; returns old → new. */
static uint32_t *sort_keys(struct flame_tree *tree)
{
	size_t n = tree->keys.n;
	struct named_key *order = mem_zalloc(n, sizeof(*order));
	struct flame_key *sorted = mem_zalloc(n, sizeof(*sorted));
	uint32_t *ranks = mem_alloc(n * sizeof(*ranks));

	for (uint32_t i = 0; i < n; i++) {
		const struct flame_key *key = &tree->keys.items[i];

		order[i] = (struct named_key){
			.name = intern_get(&tree->names, key->name),
			.key = i,
			.kind = (uint32_t)key->kind << 1 | key->is_inlined,
		};
	}
	qsort(order, n, sizeof(*order), compare_keys);
	for (uint32_t i = 0; i < n; i++) {
		ranks[order[i].key] = i;
		sorted[i] = tree->keys.items[order[i].key];
	}
	memcpy(tree->keys.items, sorted, n * sizeof(*sorted));
	free(sorted);
	free(order);
	return ranks;
}

/* The nodes, those of one key beside each other; free() it. */
static uint32_t *nodes_by_key(const struct builder *builder)
{
	size_t n_keys = builder->tree->keys.n;
	uint32_t *starts = mem_zalloc(n_keys + 1, sizeof(*starts));
	uint32_t *order = mem_alloc(builder->nodes.n * sizeof(*order));

	for (size_t i = 0; i < builder->nodes.n; i++)
		starts[builder->nodes.items[i].key + 1]++;
	for (size_t i = 0; i < n_keys; i++)
		starts[i + 1] += starts[i];
	for (uint32_t i = 0; i < builder->nodes.n; i++)
		order[starts[builder->nodes.items[i].key]++] = i;
	free(starts);
	return order;
}

/* Makes each node's children a list in the order of their keys. */
static void link_children(struct builder *builder)
{
	struct growth *nodes = builder->nodes.items;
	uint32_t *ranks = sort_keys(builder->tree);
	uint32_t *order;

	for (size_t i = 0; i < builder->nodes.n; i++) {
		nodes[i].key = ranks[nodes[i].key];
		nodes[i].last_child = NONE;
	}
	order = nodes_by_key(builder);
	for (size_t i = builder->nodes.n; i > 0; i--) {
		struct growth *node = &nodes[order[i - 1]];

		if (node->parent == NONE)
			continue;
		node->sibling = nodes[node->parent].last_child;
		nodes[node->parent].last_child = order[i - 1];
	}
	free(order);
	free(ranks);
}

/* Copies nodes in preorder. */
static void lay_out(struct builder *builder)
{
	struct flame_tree *tree = builder->tree;
	const struct growth *nodes = builder->nodes.items;
	uint32_t at = 0, depth = 0;

	vec_reserve(&tree->nodes, builder->nodes.n);
	while (at != NONE) {
		const int64_t *self = builder->weights.items[at].self;

		*vec_add(&tree->nodes) = (struct flame_node){
			.key = nodes[at].key,
			.depth = depth,
			.self = { self[FLAME_NOW], self[FLAME_BASE] },
			.total = { self[FLAME_NOW], self[FLAME_BASE] },
		};
		if (depth > tree->max_depth)
			tree->max_depth = depth;
		if (nodes[at].last_child != NONE) {
			at = nodes[at].last_child;
			depth++;
			continue;
		}
		for (; at != NONE && nodes[at].sibling == NONE; depth--)
			at = nodes[at].parent;
		if (at != NONE)
			at = nodes[at].sibling;
	}
}

/* From the last to the first: those below a node are complete by then. */
static void add_totals(struct flame_tree *tree)
{
	uint32_t *open = mem_alloc((tree->max_depth + 1) * sizeof(*open));
	uint32_t *parents = mem_alloc(tree->nodes.n * sizeof(*parents));

	for (uint32_t i = 0; i < tree->nodes.n; i++) {
		uint32_t depth = tree->nodes.items[i].depth;

		open[depth] = i;
		parents[i] = depth > 0 ? open[depth - 1] : 0;
	}
	for (size_t i = tree->nodes.n - 1; i > 0; i--) {
		const int64_t *below = tree->nodes.items[i].total;
		int64_t *total = tree->nodes.items[parents[i]].total;

		for (int side = 0; side < N_FLAME_SIDES; side++)
			total[side] = add_saturating(total[side], below[side]);
	}
	free(parents);
	free(open);
}

void flame_tree_init(struct flame_tree *tree, const struct flame_source *now,
		     const struct flame_source *base,
		     const struct flame_tree_options *options)
{
	struct builder builder = {
		.tree = tree,
		.options = options,
		.has_base = base != NULL,
	};

	*tree = (struct flame_tree){ 0 };
	intern_init(&tree->names);
	slots_init(&builder.key_slots, 4096);
	slots_init(&builder.node_slots, 1 << 16);
	add_node(&builder, NONE,
		 add_key(&builder, intern_add(&tree->names, "all"), FLAME_ROOT,
			 false));
	add_source(&builder, now, FLAME_NOW);
	if (base)
		add_source(&builder, base, FLAME_BASE);
	link_children(&builder);
	lay_out(&builder);
	add_totals(tree);
	vec_release(&builder.path);
	vec_release(&builder.keys);
	vec_release(&builder.weights);
	vec_release(&builder.nodes);
	slots_release(&builder.node_slots);
	slots_release(&builder.key_slots);
}

void flame_tree_release(struct flame_tree *tree)
{
	vec_release(&tree->nodes);
	vec_release(&tree->keys);
	intern_release(&tree->names);
}
