/* Prints its own stacks as doc/stacks-format.md has it, by frame pointers. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void print_maps(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int c;

	printf("maps %d\n", getpid());
	while (maps && (c = getc(maps)) != EOF)
		putchar(c);
}

/* Its call is the last thing its callers do: where it would return to belongs
 * to the next function. */
__attribute__((noinline, noreturn)) static void leaf(int value)
{
	void **frame = __builtin_frame_address(0);

	printf("stack %d %d %d u %p", getpid(), getpid(), value, &&here);
here:
	for (int depth = 0; depth < 2; depth++, frame = *frame)
		printf(" %p", frame[1]);
	printf("\n");
	exit(0);
}

__attribute__((noinline)) static void branch(int value)
{
	leaf(value);
}

__attribute__((noinline)) void after_branch(void);
void after_branch(void)
{
	printf("never called\n");
}

int main(void)
{
	printf("symconv-stacks 1\ncomm %d own stacks\n", getpid());
	print_maps();
	branch(7);
	return 0;
}
