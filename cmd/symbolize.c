/*
 * The addresses become locations of a profile that has one module, and take the
 * same way as those of a capture.
 */
#include "config.h"
#include "cmd/symbolize.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "cmd/json.h"
#include "cmd/option_value.h"
#include "cmd/symbolizing.h"

enum { EXIT_USAGE = 2 };

static const char help_of_input[] =
	"Usage: symconv symbolize --exe FILE | --build-id HEX [OPTION]... "
	"[ADDRESS]...\n"
	"Print the functions, files and lines of addresses of an ELF file.\n"
	"\n"
	"ADDRESS is a hexadecimal virtual address as the file has it; without "
	"any they\n"
	"come from standard input, one in a line.\n"
	"\n"
	"  symconv symbolize --exe ./program 0x1189 0x11a0\n"
	"  symconv symbolize --build-id 93ac61ec5a8e --json <addresses\n"
	"\n"
	"      --exe FILE         the file\n"
	"      --build-id HEX     the file with this build id, wherever it is\n"
	"      --json             as llvm-symbolizer --output-style=JSON\n";

static const char help_of_running[] =
	"Running:\n"
	"  -j, --jobs N           use N worker processes (default: one for "
	"each\n"
	"                         processor)\n"
	"  -q, --quiet            warnings and errors only\n"
	"  -v, --verbose          say where files are looked for\n"
	"  -h, --help             this text\n"
	"\n"
	"Exit status: 0 done, also for addresses without a name; 1 failed; 2 "
	"wrong usage.\n";

enum { OPTION_EXE = FIRST_OPTION, OPTION_BUILD_ID, OPTION_JSON };

static const struct option long_options[] = {
	SYMBOL_LONG_OPTIONS,
	{ "build-id", required_argument, NULL, OPTION_BUILD_ID },
	{ "exe", required_argument, NULL, OPTION_EXE },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ 0 },
};

struct command {
	struct symbol_options symbols;
	const char *exe; /* NULL: by build id */
	struct build_id build_id;
	bool is_json;
	VEC(uint64_t) addresses;
	struct profile profile;
	uint32_t *locations; /* of the addresses */
};

/* ---- addresses ---- */

/* One address, with or without 0x, and blanks around it. */
static bool parse_address(const char *text, uint64_t *address)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	if (!isxdigit((unsigned char)*text))
		return false;
	errno = 0;
	*address = strtoull(text, &end, 16);
	while (isspace((unsigned char)*end))
		end++;
	return errno == 0 && *end == '\0';
}

static bool add_address(struct command *command, const char *text)
{
	char shown[128];
	uint64_t address;

	if (!parse_address(text, &address)) {
		fprintf(stderr, "symconv: %s: not a hexadecimal address\n",
			text_escape(shown, sizeof(shown), text));
		return false;
	}
	*vec_add(&command->addresses) = address;
	return true;
}

static bool read_addresses(struct command *command)
{
	char *line = NULL;
	size_t room = 0;
	bool ok = true;
	ssize_t n;

	while (ok && (n = getline(&line, &room, stdin)) >= 0) {
		if (n > 0 && line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (line[strspn(line, " \t\r")])
			ok = add_address(command, line);
	}
	free(line);
	return ok;
}

static void make_profile(struct command *command, const char *path)
{
	struct profile *profile = &command->profile;
	struct module module = {
		.kind = MODULE_IMAGE,
		.path = profile_add_string(profile, path),
		.build_id = command->build_id,
	};
	uint32_t number = profile_add_module(profile, &module);

	command->locations =
		mem_zalloc(command->addresses.n, sizeof(*command->locations));
	for (size_t i = 0; i < command->addresses.n; i++)
		command->locations[i] = profile_add_location(
			profile, number, command->addresses.items[i]);
}

/* ---- printing ---- */

static const char *or_unknown(const char *text)
{
	return *text ? text : "??";
}

/* As llvm-symbolizer's style LLVM: two lines for each frame, an empty one
 * behind the last. */
static void print_text(const struct command *command,
		       const struct location *location)
{
	const struct profile *profile = &command->profile;

	if (location->n_frames == 0)
		puts("??\n??:0:0");
	for (uint32_t i = 0; i < location->n_frames; i++) {
		const struct frame *frame =
			&profile->frames.items[location->first_frame + i];
		const struct function *function =
			&profile->functions.items[frame->function];

		printf("%s\n%s:%u:%u\n",
		       or_unknown(profile_string(profile, function->name)),
		       or_unknown(profile_string(profile, function->filename)),
		       frame->line, frame->column);
	}
	putchar('\n');
}

static struct json_object *json_frame(const struct profile *profile,
				      const struct frame *frame)
{
	const struct function *function =
		&profile->functions.items[frame->function];
	struct json_object *object = json_object_new_object();

	put_text(object, "FunctionName",
		 profile_string(profile, function->name));
	put_text(object, "LinkageName",
		 profile_string(profile, function->system_name));
	put_text(object, "FileName",
		 profile_string(profile, function->filename));
	json_object_object_add(object, "Line",
			       json_object_new_int64(frame->line));
	json_object_object_add(object, "Column",
			       json_object_new_int64(frame->column));
	json_object_object_add(object, "StartLine",
			       json_object_new_int64(function->start_line));
	return object;
}

/* One object in a line. An address without a name has no symbols, and the
 * reason. */
static void print_json(const struct command *command, uint64_t address,
		       const struct location *location)
{
	const struct profile *profile = &command->profile;
	struct json_object *object = json_object_new_object();
	struct json_object *symbols = json_object_new_array();
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64, address);
	put_text(object, "Address", text);
	put_text(object, "ModuleName",
		 profile_string(profile, profile->modules.items[0].path));
	for (uint32_t i = 0; i < location->n_frames; i++)
		json_object_array_add(
			symbols,
			json_frame(profile,
				   &profile->frames
					    .items[location->first_frame + i]));
	json_object_object_add(object, "Symbol", symbols);
	if (location->n_frames == 0)
		put_text(object, "Reason", reason_word(location->reason));
	puts(json_object_to_json_string_ext(
		object,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

static void print_all(const struct command *command)
{
	for (size_t i = 0; i < command->addresses.n; i++) {
		const struct location *location =
			&command->profile.locations
				 .items[command->locations[i]];

		if (command->is_json)
			print_json(command, command->addresses.items[i],
				   location);
		else
			print_text(command, location);
	}
}

/* ---- running ---- */

/* Whether the file could be read at all; else says why not. */
static bool was_read(const struct command *command)
{
	const struct profile *profile = &command->profile;
	const struct module *module = &profile->modules.items[0];
	enum reason reason;
	char shown[1024];

	if (profile->locations.n == 0)
		return true;
	reason = profile->locations.items[0].reason;
	switch (reason) {
	case REASON_FILE_MISSING:
	case REASON_BUILD_ID_MISMATCH:
	case REASON_BAD_ELF:
	case REASON_FETCH_DISABLED:
	case REASON_FETCH_FAILED:
	case REASON_FETCH_NOT_FOUND:
		break;
	default:
		return true;
	}
	fprintf(stderr, "symconv: %s: %s%s%s\n",
		command->exe ? command->exe : "--build-id", reason_text(reason),
		module->note ? ": " : "",
		text_escape(shown, sizeof(shown),
			    profile_string(profile, module->note)));
	return false;
}

static int run(struct command *command)
{
	struct symbolizing symbolizing = { .options = &command->symbols };
	struct progress progress;
	char *path = command->exe ? realpath(command->exe, NULL)
				  : mem_strdup("[build id]");
	int status = EXIT_FAILURE;
	struct err err;
	bool is_named;

	if (!path) {
		fprintf(stderr, "symconv: %s: %s\n", command->exe,
			strerror(errno));
		return EXIT_FAILURE;
	}
	progress_init(&progress, command->symbols.is_quiet);
	symbolizing.progress = &progress;
	make_profile(command, path);
	free(path);
	is_named = symbolizing_begin(&symbolizing, &err) &&
		   symbolizing_run(&symbolizing, &command->profile, &err);
	symbolizing_end(&symbolizing);
	if (!is_named) {
		fprintf(stderr, "symconv: %s\n", err.text);
	} else if (was_read(command)) {
		print_all(command);
		status = EXIT_SUCCESS;
	}
	return status;
}

static bool apply(struct command *command, int option, char *value)
{
	switch (option) {
	case OPTION_EXE:
		command->exe = value;
		return true;
	case OPTION_BUILD_ID:
		return option_build_id(value, &command->build_id);
	case OPTION_JSON:
		command->is_json = true;
		return true;
	}
	return symbol_options_apply(&command->symbols, option, value);
}

static bool is_complete(const struct command *command)
{
	if (command->exe || command->build_id.size > 0)
		return true;
	fputs("symconv: no file given: --exe FILE or --build-id HEX (see "
	      "symconv symbolize --help)\n",
	      stderr);
	return false;
}

static int parse_and_run(struct command *command, int argc, char **argv)
{
	bool ok = true;
	int option;

	while ((option = getopt_long(argc, argv, "h" SYMBOL_SHORT_OPTIONS,
				     long_options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help_of_input, stdout);
			fputs(symbol_options_help, stdout);
			fputs(help_of_running, stdout);
			return EXIT_SUCCESS;
		}
		if (option == '?' || !apply(command, option, optarg))
			return EXIT_USAGE;
	}
	if (!is_complete(command))
		return EXIT_USAGE;
	symbol_options_complete(&command->symbols);
	command->symbols.symbolizer.keeps_lines = true;
	for (int i = optind; ok && i < argc; i++)
		ok = add_address(command, argv[i]);
	if (ok && optind == argc)
		ok = read_addresses(command);
	return ok ? run(command) : EXIT_USAGE;
}

int symbolize_main(int argc, char **argv)
{
	struct command command = { 0 };
	int status;

	profile_init(&command.profile);
	symbol_options_init(&command.symbols);
	status = parse_and_run(&command, argc, argv);
	symbol_options_release(&command.symbols);
	profile_release(&command.profile);
	vec_release(&command.addresses);
	free(command.locations);
	return status;
}
