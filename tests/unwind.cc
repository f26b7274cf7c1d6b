/*
 * What is hard to unwind without frame pointers: unwind MODE SECONDS, where
 * the mode is signal, deep, throw or library.
 */
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <sys/time.h>
#include <vector>

static volatile unsigned long sink;

__attribute__((noinline)) static void spin(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		sink = sink * 6364136223846793005ul + i;
}

static void handler(int)
{
	spin(200000);
	sink = sink + 1; /* not a tail call */
}

__attribute__((noinline)) static void interrupted()
{
	struct itimerval timer = { { 0, 1000 }, { 0, 1000 } };

	if (sink == 0) {
		std::signal(SIGALRM, handler);
		setitimer(ITIMER_REAL, &timer, nullptr);
	}
	spin(1000000);
	sink = sink + 1;
}

__attribute__((noinline)) static unsigned long deep(int n, volatile char *p)
{
	volatile char frame[200];

	frame[n & 127] = static_cast<char>(n);
	if (n == 0) {
		spin(3000000);
		return static_cast<unsigned long>(*p);
	}
	return deep(n - 1, frame) + static_cast<unsigned long>(frame[3]);
}

__attribute__((noinline)) static int thrower(int n)
{
	if (n == 0)
		throw std::runtime_error("thrown");
	return thrower(n - 1) + 1;
}

__attribute__((noinline)) static void catcher()
{
	for (int i = 0; i < 1000; i++)
		try {
			sink = sink + static_cast<unsigned long>(thrower(i % 30));
		} catch (const std::exception &e) {
			sink = sink + static_cast<unsigned char>(e.what()[0]);
		}
}

static int compare(const void *a, const void *b)
{
	return *static_cast<const int *>(a) - *static_cast<const int *>(b);
}

__attribute__((noinline)) static void library()
{
	std::vector<int> numbers(5000);
	std::map<std::string, int> words;
	char text[100];

	for (auto &number : numbers)
		number = std::rand();
	std::qsort(numbers.data(), numbers.size(), sizeof(int), compare);
	for (int number : numbers) {
		std::snprintf(text, sizeof(text), "%d %f", number % 500,
			      number / 7.0);
		words[text]++;
	}
	sink = sink + words.size();
}

static void once(const char *mode)
{
	char first = 1;

	if (std::strcmp(mode, "signal") == 0)
		interrupted();
	else if (std::strcmp(mode, "deep") == 0)
		sink = sink + deep(2000, &first);
	else if (std::strcmp(mode, "throw") == 0)
		catcher();
	else
		library();
}

int main(int argc, char **argv)
{
	double seconds = argc > 2 ? std::atof(argv[2]) : 0.3;
	auto start = std::chrono::steady_clock::now();

	while (std::chrono::duration<double>(std::chrono::steady_clock::now() -
					     start)
		       .count() < seconds)
		once(argc > 1 ? argv[1] : "library");
	return 0;
}
