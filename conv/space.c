/*
 * A treap with path copying: a search tree by address, balanced by random
 * priorities, whose nodes are never changed. split() and join() copy the nodes
 * on their way and share the rest.
 *
 *	           [40,50) A                map [44,60) C        [40,44) A'
 *	          /        \               ───────────▶         /       \
 *	     [10,20) B   [70,80) D                        [10,20) B    [44,60) C
 *	                                                                     \
 *	                                                                  [70,80)
 *D
 *
 * What a space holds does not depend on the priorities, only the shape of its
 * tree does. So they may be seeded at random, and a capture cannot be made up
 * whose trees are lists.
 */
#include "config.h"
#include "conv/space.h"

#include <sys/random.h>

enum { NIL = 0 }; /* the empty tree, node 0 */

void spaces_init(struct spaces *spaces)
{
	*spaces = (struct spaces){ 0 };
	*vec_add(&spaces->nodes) = (struct space_node){ 0 };
	if (getrandom(&spaces->seed, sizeof(spaces->seed), GRND_NONBLOCK) !=
	    sizeof(spaces->seed))
		spaces->seed = (uint64_t)(uintptr_t)spaces->nodes.items;
}

void spaces_release(struct spaces *spaces)
{
	vec_release(&spaces->nodes);
}

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift
 * generators, scrambled", 2016. */
static uint32_t next_priority(struct spaces *spaces)
{
	uint64_t x = spaces->seed | 1;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	spaces->seed = x;
	return (uint32_t)(x * UINT64_C(0x2545f4914f6cdd1d) >> 32);
}

static uint32_t add_node(struct spaces *spaces, struct space_node node)
{
	*vec_add(&spaces->nodes) = node;
	return (uint32_t)(spaces->nodes.n - 1);
}

static struct space_node node_of(const struct spaces *spaces, uint32_t number)
{
	return spaces->nodes.items[number];
}

/*
 * Splits a tree at an address: *low gets what lies below it, *high the rest. A
 * mapping across the address is cut in two.
 */
static void split(struct spaces *spaces, uint32_t tree, uint64_t at,
		  uint32_t *low, uint32_t *high)
{
	struct space_node node, other;

	if (tree == NIL) {
		*low = *high = NIL;
		return;
	}
	node = other = node_of(spaces, tree);
	if (node.limit <= at) {
		split(spaces, node.right, at, &node.right, high);
		*low = add_node(spaces, node);
	} else if (node.start >= at) {
		split(spaces, node.left, at, low, &node.left);
		*high = add_node(spaces, node);
	} else {
		node.limit = at;
		node.right = NIL;
		other.start = at;
		other.left = NIL;
		*low = add_node(spaces, node);
		*high = add_node(spaces, other);
	}
}

/* One tree of two, of which the first lies below the second. */
static uint32_t join(struct spaces *spaces, uint32_t low, uint32_t high)
{
	struct space_node node;

	if (low == NIL || high == NIL)
		return low == NIL ? high : low;
	if (node_of(spaces, low).priority > node_of(spaces, high).priority) {
		node = node_of(spaces, low);
		node.right = join(spaces, node.right, high);
	} else {
		node = node_of(spaces, high);
		node.left = join(spaces, low, node.left);
	}
	return add_node(spaces, node);
}

uint32_t space_unmap(struct spaces *spaces, uint32_t space, uint64_t start,
		     uint64_t limit)
{
	uint32_t low, middle, high;

	split(spaces, space, start, &low, &high);
	split(spaces, high, limit, &middle, &high);
	return join(spaces, low, high);
}

uint32_t space_map(struct spaces *spaces, uint32_t space, uint64_t start,
		   uint64_t limit, uint32_t mapping)
{
	uint32_t low, middle, high, node;

	split(spaces, space, start, &low, &high);
	split(spaces, high, limit, &middle, &high);
	node = add_node(spaces, (struct space_node){
					.start = start,
					.limit = limit,
					.mapping = mapping,
					.priority = next_priority(spaces),
				});
	return join(spaces, join(spaces, low, node), high);
}

uint32_t space_find(const struct spaces *spaces, uint32_t space,
		    uint64_t address)
{
	while (space != NIL) {
		const struct space_node *node = &spaces->nodes.items[space];

		if (address < node->start)
			space = node->left;
		else if (address >= node->limit)
			space = node->right;
		else
			return node->mapping;
	}
	return NO_MAPPING;
}

uint64_t space_next(const struct spaces *spaces, uint32_t space,
		    uint64_t address)
{
	uint64_t next = UINT64_MAX;

	while (space != NIL) {
		const struct space_node *node = &spaces->nodes.items[space];

		if (node->start >= address) {
			next = node->start;
			space = node->left;
		} else {
			space = node->right;
		}
	}
	return next;
}
