/* A 32-bit program that needs no library, as few machines have those. */
static volatile unsigned long state = 1;

__attribute__((noinline)) static unsigned long leaf(unsigned long n)
{
	for (int i = 0; i < 5000; i++)
		state = state * 1103515245u + n;
	return state;
}

__attribute__((noinline)) static unsigned long branch(unsigned long n)
{
	return n ? branch(n - 1) + leaf(n) : leaf(0);
}

__attribute__((noinline)) static unsigned long work(void)
{
	unsigned long sum = 0;

	for (unsigned long i = 0; i < 4000; i++)
		sum += branch(i % 5);
	return sum;
}

void _start(void)
{
	state = work();
	__asm__ volatile("int $0x80" : : "a"(1), "b"(0)); /* exit(0) */
	__builtin_unreachable();
}
