// A program to sample: deep, inlined and recursive calls, in C++.
//
// Usage: program SECONDS
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace shapes {

struct point {
	long x, y;
};

static inline long square(long n)
{
	return n * n + (n >> 3);
}

template <class T>
__attribute__((noinline)) long sum(const std::vector<T> &points)
{
	long total = 0;

	for (const T &p : points)
		total += square(p.x) + square(p.y);
	return total;
}

} // namespace shapes

__attribute__((noinline)) static long fibonacci(long n)
{
	return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

__attribute__((noinline)) static long busy(std::vector<shapes::point> &points)
{
	long total = fibonacci(15);

	for (int i = 0; i < 20; i++)
		total += shapes::sum(points);
	return total;
}

int main(int argc, char **argv)
{
	using clock = std::chrono::steady_clock;
	auto end = clock::now() +
		   std::chrono::duration<double>(argc > 1 ? atof(argv[1]) : 1);
	std::vector<shapes::point> points(1000, { 3, 4 });
	long total = 0;

	while (clock::now() < end)
		total += busy(points);
	printf("%ld\n", total);
}
