// Work for the profiler: a few dozen functions that call one another in
// ever-changing order, so that captures have tens of thousands of unique
// stacks, as large programs have.
//
// Usage: busy SECONDS SEED
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace {

uint64_t state;

uint64_t next_random()
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

using function = uint64_t (*)(int depth);
std::vector<function> functions;

inline uint64_t mix(uint64_t x)
{
	for (int i = 0; i < 20; i++)
		x = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9u;
	return x;
}

template <int N>
__attribute__((noinline)) uint64_t step(int depth)
{
	uint64_t sum = mix(static_cast<uint64_t>(N));

	if (depth > 0) {
		sum += functions[next_random() % functions.size()](depth - 1);
		if (N % 7 == 0)
			sum += functions[N / 2](depth - 2);
	}
	return mix(sum);
}

template <int... N>
void fill(std::integer_sequence<int, N...>)
{
	functions = { step<N>... };
}

} // namespace

int main(int argc, char **argv)
{
	using clock = std::chrono::steady_clock;
	double seconds = argc > 1 ? atof(argv[1]) : 1;
	auto end = clock::now() + std::chrono::duration<double>(seconds);
	std::map<std::string, uint64_t> sums;

	state = argc > 2 ? strtoull(argv[2], nullptr, 10) * 2 + 1 : 1;
	fill(std::make_integer_sequence<int, 36>());
	while (clock::now() < end)
		for (int i = 0; i < 1000; i++)
			sums[std::to_string(i % 50)] +=
				functions[next_random() % 3](2);
	printf("%zu\n", sums.size());
}
