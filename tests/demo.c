/* A small program to sample: see data/README.md. */
static unsigned long state = 1;

__attribute__((noinline)) static unsigned long leaf(unsigned long n)
{
	for (int i = 0; i < 50; i++)
		state = state * 6364136223846793005ul + n;
	return state;
}

__attribute__((noinline)) static unsigned long branch(unsigned long n)
{
	return n ? branch(n - 1) + leaf(n) : leaf(0);
}

int main(void)
{
	unsigned long sum = 0;

	for (int i = 0; i < 600000; i++)
		sum += branch((unsigned long)i % 5);
	return sum == 0;
}
