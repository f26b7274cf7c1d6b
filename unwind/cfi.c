/*
 * A section is a row of entries. A CIE has what functions share, an FDE is of
 * one function: a small program each, whose instructions change the rules for
 * registers and advance the address from which on they hold.
 */
#include "config.h"
#include "unwind/cfi.h"

#include <dwarf.h>
#include <elf.h>
#include <string.h>

#include "unwind/dwarf_reader.h"

/* Instructions that elfutils' dwarf.h may lack. */
enum { CFA_AARCH64_NEGATE_RA_STATE = 0x2d }; /* or GNU_window_save: SPARC */

/* How pointers are encoded (LSB, "DWARF Exception Header Encoding"). */
enum {
	POINTER_FORMAT = 0x0f,
	POINTER_BASE = 0x70,
	POINTER_PCREL = 0x10,
	POINTER_OMITTED = 0xff,
};

enum { MAX_REMEMBERED = 32 };

/* Rules for one register; kind 0: as it was. */
struct rule {
	uint16_t kind;
	int32_t value;
};

struct rules {
	struct rule registers[UNWIND_MAX_REGISTERS];
	uint64_t is_set; /* bits: those with a rule */
	uint8_t cfa_kind;
	uint8_t cfa_register;
	int32_t cfa_value;
};

struct cie {
	size_t at; /* in the section; SIZE_MAX: none was read */
	bool is_good;
	uint64_t code_factor;
	int64_t data_factor;
	uint8_t return_register;
	uint8_t fde_encoding;
	bool has_augmentation_size;
	bool is_signal_frame;
	struct rules rules; /* that functions begin with */
};

struct cfi {
	const struct cfi_section *section;
	struct unwind_table_builder *builder;
	struct cie cie; /* the last one read */
	/* The set that was made last, as most of a function's rows change
	 * one thing. */
	struct rules rules;
	struct rules remembered[MAX_REMEMBERED];
	unsigned n_remembered;
	/* The function at hand. */
	uint64_t at, limit; /* svma */
	bool is_in_function;
	bool has_failed;
};

static struct reader reader_at(const struct cfi *cfi, size_t at)
{
	const struct cfi_section *section = cfi->section;

	return reader_over(section->bytes + at, section->size - at,
			   section->is_swapped);
}

/* ---- pointers ---- */

static uint64_t place_of(const struct cfi *cfi, const struct reader *r)
{
	return cfi->section->svma + (uint64_t)(r->pos - cfi->section->bytes);
}

static uint64_t read_word(const struct cfi *cfi, struct reader *r)
{
	return reader_sized(r, cfi->section->word_size);
}

/* The number alone, without what it counts from. */
static uint64_t read_format(const struct cfi *cfi, struct reader *r,
			    uint8_t format)
{
	switch (format) {
	case DW_EH_PE_absptr:
		return read_word(cfi, r);
	case DW_EH_PE_uleb128:
		return reader_uleb128(r);
	case DW_EH_PE_udata2:
		return reader_u16(r);
	case DW_EH_PE_udata4:
		return reader_u32(r);
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		return reader_u64(r);
	case DW_EH_PE_sleb128:
		return (uint64_t)reader_sleb128(r);
	case DW_EH_PE_sdata2:
		return (uint64_t)reader_signed(r, 2);
	case DW_EH_PE_sdata4:
		return (uint64_t)reader_signed(r, 4);
	}
	r->has_failed = true;
	return 0;
}

/* Of functions; relative to themselves or absolute, others are not in use. */
static uint64_t read_pointer(const struct cfi *cfi, struct reader *r,
			     uint8_t encoding)
{
	uint64_t place = place_of(cfi, r);
	uint64_t value = read_format(cfi, r, encoding & POINTER_FORMAT);

	switch (encoding & POINTER_BASE) {
	case 0:
		break;
	case POINTER_PCREL:
		value += place;
		break;
	default:
		r->has_failed = true;
	}
	if (encoding & DW_EH_PE_indirect)
		r->has_failed = true;
	return cfi->section->word_size == 4 ? (uint32_t)value : value;
}

/* ---- rules ---- */

static void set_rule(struct rules *rules, uint64_t number, uint16_t kind,
		     int64_t value)
{
	if (number >= UNWIND_MAX_REGISTERS)
		return;
	/* No frame is that large: such a register is lost. */
	if (value != (int32_t)value) {
		kind = RULE_UNDEFINED;
		value = 0;
	}
	rules->registers[number] = (struct rule){ kind, (int32_t)value };
	rules->is_set |= UINT64_C(1) << number;
}

static void clear_rule(struct rules *rules, uint64_t number)
{
	if (number < UNWIND_MAX_REGISTERS)
		rules->is_set &= ~(UINT64_C(1) << number);
}

static void restore_rule(struct rules *rules, const struct rules *initial,
			 uint64_t number)
{
	if (number >= UNWIND_MAX_REGISTERS)
		return;
	if (initial->is_set >> number & 1)
		set_rule(rules, number, initial->registers[number].kind,
			 initial->registers[number].value);
	else
		clear_rule(rules, number);
}

static void set_cfa(struct cfi *cfi, uint64_t number, int64_t offset)
{
	if (number >= UNWIND_MAX_REGISTERS || offset != (int32_t)offset) {
		cfi->has_failed = true;
		return;
	}
	cfi->rules.cfa_kind = CFA_REGISTER;
	cfi->rules.cfa_register = (uint8_t)number;
	cfi->rules.cfa_value = (int32_t)offset;
}

/* A number of words; what wraps around is refused as too large, or wrong as
 * the file is. */
static int64_t scaled(const struct cfi *cfi, uint64_t n)
{
	return (int64_t)(n * (uint64_t)cfi->cie.data_factor);
}

static int32_t read_expression(struct cfi *cfi, struct reader *r)
{
	uint64_t size = reader_uleb128(r);
	const unsigned char *bytes =
		size <= UINT16_MAX ? reader_bytes(r, (size_t)size) : NULL;

	if (!bytes) {
		cfi->has_failed = true;
		return 0;
	}
	return unwind_table_builder_add_expression(cfi->builder, bytes,
						   (uint16_t)size);
}

/* ---- rows ---- */

static uint32_t set_of_rules(struct cfi *cfi)
{
	const struct rules *rules = &cfi->rules;
	struct unwind_rule list[UNWIND_MAX_REGISTERS];
	uint16_t n = 0;

	for (uint64_t left = rules->is_set; left; left &= left - 1) {
		unsigned number = (unsigned)__builtin_ctzll(left);

		list[n++] = (struct unwind_rule){
			.reg = (uint16_t)number,
			.kind = rules->registers[number].kind,
			.value = rules->registers[number].value,
		};
	}
	return unwind_table_builder_add_set(
		cfi->builder,
		(struct unwind_set){
			.cfa_kind = rules->cfa_kind,
			.cfa_register = rules->cfa_register,
			.cfa_value = rules->cfa_value,
			.return_register = cfi->cie.return_register,
			.flags = cfi->cie.is_signal_frame ? UNWIND_SIGNAL_FRAME
							  : 0,
		},
		list, n);
}

/* What holds up to here is a row; the next begins distance further on. */
static void advance(struct cfi *cfi, uint64_t distance)
{
	uint64_t left = cfi->limit - cfi->at;

	if (!cfi->is_in_function) {
		cfi->has_failed = true;
		return;
	}
	distance *= cfi->cie.code_factor;
	if (distance == 0 || left == 0)
		return;
	unwind_table_builder_add_row(cfi->builder, cfi->at, set_of_rules(cfi));
	cfi->at = distance < left ? cfi->at + distance : cfi->limit;
}

/* ---- instructions ---- */

static void remember(struct cfi *cfi)
{
	if (cfi->n_remembered == MAX_REMEMBERED)
		cfi->has_failed = true;
	else
		cfi->remembered[cfi->n_remembered++] = cfi->rules;
}

static void recall(struct cfi *cfi)
{
	if (cfi->n_remembered == 0)
		cfi->has_failed = true;
	else
		cfi->rules = cfi->remembered[--cfi->n_remembered];
}

/* Instructions that say how the frame's address is found; false if op is none
 * of them. */
static bool define_cfa(struct cfi *cfi, struct reader *r, uint8_t op)
{
	uint64_t number;

	switch (op) {
	case DW_CFA_def_cfa:
		number = reader_uleb128(r);
		set_cfa(cfi, number, (int64_t)reader_uleb128(r));
		return true;
	case DW_CFA_def_cfa_sf:
		number = reader_uleb128(r);
		set_cfa(cfi, number, scaled(cfi, (uint64_t)reader_sleb128(r)));
		return true;
	case DW_CFA_def_cfa_register:
		set_cfa(cfi, reader_uleb128(r), cfi->rules.cfa_value);
		return true;
	case DW_CFA_def_cfa_offset:
		set_cfa(cfi, cfi->rules.cfa_register,
			(int64_t)reader_uleb128(r));
		return true;
	case DW_CFA_def_cfa_offset_sf:
		set_cfa(cfi, cfi->rules.cfa_register,
			scaled(cfi, (uint64_t)reader_sleb128(r)));
		return true;
	case DW_CFA_def_cfa_expression:
		cfi->rules.cfa_value = read_expression(cfi, r);
		cfi->rules.cfa_kind = CFA_EXPRESSION;
		cfi->rules.cfa_register = 0;
		return true;
	}
	return false;
}

/* Instructions that say where a register is; false if op is none of them. */
static bool define_register(struct cfi *cfi, struct reader *r, uint8_t op)
{
	struct rules *rules = &cfi->rules;
	uint64_t number;

	switch (op) {
	case DW_CFA_offset_extended:
		number = reader_uleb128(r);
		set_rule(rules, number, RULE_OFFSET,
			 scaled(cfi, reader_uleb128(r)));
		return true;
	case DW_CFA_GNU_negative_offset_extended:
		number = reader_uleb128(r);
		set_rule(rules, number, RULE_OFFSET,
			 scaled(cfi, 0 - reader_uleb128(r)));
		return true;
	case DW_CFA_offset_extended_sf:
		number = reader_uleb128(r);
		set_rule(rules, number, RULE_OFFSET,
			 scaled(cfi, (uint64_t)reader_sleb128(r)));
		return true;
	case DW_CFA_val_offset:
		number = reader_uleb128(r);
		set_rule(rules, number, RULE_VALUE,
			 scaled(cfi, reader_uleb128(r)));
		return true;
	case DW_CFA_val_offset_sf:
		number = reader_uleb128(r);
		set_rule(rules, number, RULE_VALUE,
			 scaled(cfi, (uint64_t)reader_sleb128(r)));
		return true;
	case DW_CFA_register:
		number = reader_uleb128(r);
		set_rule(rules, number, RULE_REGISTER,
			 (int64_t)(reader_uleb128(r) &
				   (UNWIND_MAX_REGISTERS - 1)));
		return true;
	case DW_CFA_expression:
	case DW_CFA_val_expression:
		number = reader_uleb128(r);
		set_rule(rules, number,
			 op == DW_CFA_expression ? RULE_EXPRESSION
						 : RULE_VALUE_EXPRESSION,
			 read_expression(cfi, r));
		return true;
	case DW_CFA_undefined:
		set_rule(rules, reader_uleb128(r), RULE_UNDEFINED, 0);
		return true;
	case DW_CFA_same_value:
		clear_rule(rules, reader_uleb128(r));
		return true;
	case DW_CFA_restore_extended:
		restore_rule(rules, &cfi->cie.rules, reader_uleb128(r));
		return true;
	}
	return false;
}

static void move(struct cfi *cfi, struct reader *r, uint8_t op)
{
	switch (op) {
	case DW_CFA_nop:
	case CFA_AARCH64_NEGATE_RA_STATE: /* pointers lose their signatures
					   * where they are used */
		break;
	case DW_CFA_advance_loc1:
		advance(cfi, reader_u8(r));
		break;
	case DW_CFA_advance_loc2:
		advance(cfi, reader_u16(r));
		break;
	case DW_CFA_advance_loc4:
		advance(cfi, reader_u32(r));
		break;
	case DW_CFA_remember_state:
		remember(cfi);
		break;
	case DW_CFA_restore_state:
		recall(cfi);
		break;
	case DW_CFA_GNU_args_size:
		reader_uleb128(r);
		break;
	default:
		cfi->has_failed = true; /* set_loc among them */
	}
}

static void run(struct cfi *cfi, struct reader r)
{
	while (reader_left(&r) > 0 && !cfi->has_failed) {
		uint8_t op = reader_u8(&r);
		uint8_t low = op & 0x3f;

		switch (op & 0xc0) {
		case DW_CFA_advance_loc:
			advance(cfi, low);
			break;
		case DW_CFA_offset:
			set_rule(&cfi->rules, low, RULE_OFFSET,
				 scaled(cfi, reader_uleb128(&r)));
			break;
		case DW_CFA_restore:
			restore_rule(&cfi->rules, &cfi->cie.rules, low);
			break;
		default:
			if (!define_cfa(cfi, &r, op) &&
			    !define_register(cfi, &r, op))
				move(cfi, &r, op);
		}
		if (!reader_ok(&r))
			cfi->has_failed = true;
	}
}

/* ---- entries ---- */

struct entry {
	size_t at; /* in the section */
	size_t body;
	size_t next; /* the entry behind it */
	bool is_64_bit;
	bool is_cie;
	size_t cie_at; /* of an FDE */
};

/* Where the entry at a place ends; false at the end of the section. */
static bool read_entry(const struct cfi *cfi, size_t at, struct entry *entry)
{
	struct reader r = reader_at(cfi, at);
	uint64_t size = reader_u32(&r), id;
	size_t id_at;

	*entry = (struct entry){ .at = at };
	if (size == UINT32_MAX) {
		entry->is_64_bit = true;
		size = reader_u64(&r);
	}
	if (!reader_ok(&r) || size > reader_left(&r) || size == 0)
		return false;
	id_at = (size_t)(r.pos - cfi->section->bytes);
	entry->next = id_at + (size_t)size;
	/* .eh_frame: how far back the CIE is, in four bytes always. */
	if (cfi->section->is_eh_frame) {
		id = reader_u32(&r);
		entry->is_cie = id == 0;
		entry->cie_at = id <= id_at ? id_at - (size_t)id : SIZE_MAX;
	} else {
		id = entry->is_64_bit ? reader_u64(&r) : reader_u32(&r);
		entry->is_cie =
			entry->is_64_bit ? id == UINT64_MAX : id == UINT32_MAX;
		entry->cie_at = id < cfi->section->size ? (size_t)id : SIZE_MAX;
	}
	entry->body = (size_t)(r.pos - cfi->section->bytes);
	return reader_ok(&r) && entry->body <= entry->next;
}

static struct reader body_of(const struct cfi *cfi, const struct entry *entry)
{
	return reader_over(cfi->section->bytes + entry->body,
			   entry->next - entry->body, cfi->section->is_swapped);
}

/* The augmentation's letters each stand for something in its data. */
static void read_augmentation(struct cfi *cfi, struct reader *r,
			      const char *letters)
{
	struct cie *cie = &cfi->cie;
	struct reader data;
	uint8_t encoding;

	cie->fde_encoding = DW_EH_PE_absptr;
	if (*letters == '\0')
		return;
	if (*letters != 'z') {
		r->has_failed = true;
		return;
	}
	cie->has_augmentation_size = true;
	data = reader_items(r, reader_uleb128(r), 1);
	for (letters++; *letters; letters++)
		switch (*letters) {
		case 'R':
			cie->fde_encoding = reader_u8(&data);
			break;
		case 'P':
			encoding = reader_u8(&data);
			read_format(cfi, &data, encoding & POINTER_FORMAT);
			break;
		case 'L':
			reader_u8(&data);
			break;
		case 'S':
			cie->is_signal_frame = true;
			break;
		case 'B': /* AArch64: signed with the second key */
			break;
		default: /* what follows is not known either */
			r->has_failed = true;
			return;
		}
	if (!reader_ok(&data))
		r->has_failed = true;
}

static const char *read_letters(struct reader *r)
{
	const unsigned char *end = memchr(r->pos, 0, reader_left(r));

	if (!end) {
		r->has_failed = true;
		return "";
	}
	return reader_string(r, (size_t)(end - r->pos) + 1);
}

static void read_cie(struct cfi *cfi, const struct entry *entry)
{
	struct reader r = body_of(cfi, entry);
	struct cie *cie = &cfi->cie;
	uint64_t return_register;
	const char *letters;
	uint8_t version;

	*cie = (struct cie){ .at = entry->at };
	version = reader_u8(&r);
	letters = read_letters(&r);
	if (version >= 4) {
		/* Sizes of an address, and of a segment's number. */
		if (reader_u8(&r) != cfi->section->word_size ||
		    reader_u8(&r) != 0)
			return;
	}
	cie->code_factor = reader_uleb128(&r);
	cie->data_factor = reader_sleb128(&r);
	return_register = version == 1 ? reader_u8(&r) : reader_uleb128(&r);
	read_augmentation(cfi, &r, letters);
	/* Factors are the size of instructions and of words. */
	if (!reader_ok(&r) || version == 0 || version == 2 || version > 4 ||
	    return_register >= UNWIND_MAX_REGISTERS ||
	    cie->code_factor > UINT16_MAX || cie->data_factor > INT16_MAX ||
	    cie->data_factor < INT16_MIN)
		return;
	cie->return_register = (uint8_t)return_register;
	cfi->is_in_function = false;
	cfi->has_failed = false;
	cfi->n_remembered = 0;
	cfi->rules = (struct rules){ 0 };
	run(cfi, r);
	cie->rules = cfi->rules;
	cie->is_good = !cfi->has_failed;
}

static bool take_cie(struct cfi *cfi, size_t at)
{
	struct entry entry;

	if (cfi->cie.at != at) {
		cfi->cie.at = SIZE_MAX;
		if (at < cfi->section->size && read_entry(cfi, at, &entry) &&
		    entry.is_cie)
			read_cie(cfi, &entry);
	}
	return cfi->cie.at == at && cfi->cie.is_good;
}

/* Confines a function to the code that its section is of; false if it lies
 * elsewhere. */
static bool confine(const struct cfi_section *section, uint64_t start,
		    uint64_t *limit)
{
	if (section->code_limit == 0)
		return true;
	if (start < section->code_start || start >= section->code_limit)
		return false;
	if (*limit > section->code_limit)
		*limit = section->code_limit;
	return true;
}

/* What an FDE is about; r goes on to its instructions. False if it is of no
 * code. */
static bool read_range(struct cfi *cfi, const struct entry *entry,
		       struct reader *r, uint64_t *start, uint64_t *limit)
{
	uint64_t size;

	if (!take_cie(cfi, entry->cie_at))
		return false;
	*start = read_pointer(cfi, r, cfi->cie.fde_encoding);
	size = read_format(cfi, r, cfi->cie.fde_encoding & POINTER_FORMAT);
	/* Functions that the linker left out are at 0. */
	if (!reader_ok(r) || *start == 0 || size == 0 ||
	    size > UINT64_MAX - *start)
		return false;
	*limit = *start + size;
	return confine(cfi->section, *start, limit);
}

static void read_fde(struct cfi *cfi, const struct entry *entry)
{
	struct reader r = body_of(cfi, entry);

	if (!read_range(cfi, entry, &r, &cfi->at, &cfi->limit))
		return;
	if (cfi->cie.has_augmentation_size)
		reader_items(&r, reader_uleb128(&r), 1);
	if (!reader_ok(&r))
		return;
	cfi->is_in_function = true;
	cfi->has_failed = false;
	cfi->n_remembered = 0;
	cfi->rules = cfi->cie.rules;
	unwind_table_builder_begin(cfi->builder, cfi->at, cfi->limit);
	run(cfi, r);
	if (cfi->has_failed) /* what could be read up to here is good */
		cfi->rules = (struct rules){ 0 };
	if (cfi->at < cfi->limit)
		unwind_table_builder_add_row(cfi->builder, cfi->at,
					     set_of_rules(cfi));
}

/* The next entry from *at on; false at the section's end. */
static bool next_entry(const struct cfi *cfi, size_t *at, struct entry *entry)
{
	while (*at < cfi->section->size) {
		struct reader r = reader_at(cfi, *at);

		/* An end mark; linkers leave some between files. */
		if (reader_u32(&r) == 0) {
			*at += 4;
			continue;
		}
		if (!read_entry(cfi, *at, entry))
			return false;
		*at = entry->next;
		return true;
	}
	return false;
}

void cfi_read(const struct cfi_section *section,
	      struct unwind_table_builder *builder)
{
	struct cfi cfi = {
		.section = section,
		.builder = builder,
		.cie.at = SIZE_MAX,
	};
	struct entry entry;
	size_t at = 0;

	while (next_entry(&cfi, &at, &entry))
		if (!entry.is_cie)
			read_fde(&cfi, &entry);
}

static void each_function(const struct cfi_section *section,
			  bool is_signal_frame,
			  void (*take)(void *context, uint64_t start,
				       uint64_t limit),
			  void *context)
{
	struct cfi cfi = { .section = section, .cie.at = SIZE_MAX };
	uint64_t start, limit;
	struct entry entry;
	size_t at = 0;

	cfi.builder = unwind_table_builder_new();
	while (next_entry(&cfi, &at, &entry)) {
		struct reader r = body_of(&cfi, &entry);

		if (!entry.is_cie &&
		    read_range(&cfi, &entry, &r, &start, &limit) &&
		    (!is_signal_frame || cfi.cie.is_signal_frame))
			take(context, start, limit);
	}
	unwind_table_builder_free(cfi.builder);
}

void cfi_each_function(const struct cfi_section *section,
		       void (*take)(void *context, uint64_t start,
				    uint64_t limit),
		       void *context)
{
	each_function(section, false, take, context);
}

void cfi_each_signal_frame(const struct cfi_section *section,
			   void (*take)(void *context, uint64_t start,
					uint64_t limit),
			   void *context)
{
	each_function(section, true, take, context);
}
