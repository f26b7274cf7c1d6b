/*
 * Objects for machines, by json-c.
 */
#ifndef CMD_JSON_H
#define CMD_JSON_H

#include <json-c/json.h>
#include <stdint.h>

/* Numbers beyond what JSON's readers take are INT64_MAX. */
static inline void put_count(struct json_object *object, const char *key,
			     uint64_t n)
{
	json_object_object_add(
		object, key,
		json_object_new_int64(n > INT64_MAX ? INT64_MAX : (int64_t)n));
}

static inline void put_number(struct json_object *object, const char *key,
			      double value)
{
	json_object_object_add(object, key, json_object_new_double(value));
}

static inline void put_text(struct json_object *object, const char *key,
			    const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

#endif
