// A program with many templates, lambdas and inlined calls, for comparing
// symbolizers.
#include <algorithm>
#include <functional>
#include <future>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

template <int N> struct work {
	static double run(std::vector<double> &values)
	{
		std::sort(values.begin(), values.end(),
			  [](double a, double b) { return a * N < b * N; });
		std::map<std::string, double> sums;
		for (double value : values) {
			std::ostringstream text;
			text << std::setprecision(N % 9) << value;
			sums[text.str()] += value;
		}
		double result = 0;
		for (const auto &[text, sum] : sums)
			result += sum * text.size();
		return result + work<N - 1>::run(values);
	}
};

template <> struct work<0> {
	static double run(std::vector<double> &values)
	{
		return values.size();
	}
};

int main(int argc, char **argv)
{
	std::vector<double> values;
	for (int i = 0; i < 100; i++)
		values.push_back(i * 7 % 13);
	std::regex expression("(a+)(b|c)*d?");
	std::smatch match;
	std::string name(argv[0]);
	bool matches = std::regex_search(name, match, expression);
	auto later = std::async(std::launch::async,
				[&] { return work<12>::run(values); });
	std::unordered_map<int, std::shared_ptr<std::string>> texts;
	for (int i = 0; i < argc * 50; i++)
		texts[i] = std::make_shared<std::string>(std::to_string(i));
	std::cout << later.get() + matches + texts.size() << "\n";
}
