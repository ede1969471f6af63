/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store_format.h"

#include "hdf5_error.h"

/* A chunk is what a live reader and a crash wait for: 16 Ki frames are six windows, 2048 envelope cells some eight seconds. Smaller ones cost time. */
const struct column_spec store_columns[COLUMN_COUNT] = {
	[COLUMN_SAMPLES] = {"/windows/samples", ELEMENT_INT16, true, 16384},
	[COLUMN_WINDOW_FIRST_FRAME] = {"/windows/first_frame", ELEMENT_UINT64, false, 1024},
	[COLUMN_WINDOW_OFFSET] = {"/windows/offset", ELEMENT_UINT64, false, 1024},
	[COLUMN_WINDOW_FRAMES] = {"/windows/frames", ELEMENT_UINT64, false, 1024},
	[COLUMN_CELL_FIRST_FRAME] = {"/envelope/first_frame", ELEMENT_UINT64, false, 2048},
	[COLUMN_CELL_FRAMES] = {"/envelope/frames", ELEMENT_UINT32, false, 2048},
	[COLUMN_CELL_GAP] = {"/envelope/gap", ELEMENT_BOOL, false, 2048},
	[COLUMN_CELL_MINIMUM] = {"/envelope/minimum", ELEMENT_INT16, true, 2048},
	[COLUMN_CELL_MAXIMUM] = {"/envelope/maximum", ELEMENT_INT16, true, 2048},
	[COLUMN_CELL_MEAN] = {"/envelope/mean", ELEMENT_FLOAT, true, 2048},
	[COLUMN_GAPS] = {"/gaps", ELEMENT_GAP, false, 256},
	[COLUMN_EDGES] = {"/edges", ELEMENT_EDGE, false, 1024},
	[COLUMN_EVENTS] = {"/events", ELEMENT_EVENT, false, 1024},
	[COLUMN_ORDER] = {"/order", ELEMENT_ITEM, false, 4096},
};

struct enum_name {
	const char *name;
	int value;
};

/* An enumeration as an HDF5 type with the names people read in h5dump; -1 on failure. */
static hid_t enum_type(hid_t base, const struct enum_name *names, size_t count)
{
	hid_t type = H5Tenum_create(base);
	for (size_t i = 0; type >= 0 && i < count; i++) {
		int wide = names[i].value;
		uint8_t narrow = (uint8_t)wide;
		if (H5Tenum_insert(type, names[i].name, H5Tget_size(base) == 1 ? (void *)&narrow : (void *)&wide) < 0) {
			hdf5_close(type);
			type = -1;
		}
	}
	return type;
}

static hid_t bool_type(void)
{
	static const struct enum_name names[] = {{"FALSE", 0}, {"TRUE", 1}};
	return enum_type(H5T_NATIVE_UINT8, names, 2);
}

static hid_t item_type(void)
{
	static const struct enum_name names[] = {
		{"window", ITEM_WINDOW}, {"envelope", ITEM_ENVELOPE}, {"gap", ITEM_GAP}, {"edge", ITEM_EDGE}, {"event", ITEM_EVENT}};
	return enum_type(H5T_NATIVE_UINT8, names, ITEM_KIND_COUNT);
}

static hid_t role_type(void)
{
	static const struct enum_name names[] = {{"coil_current", CHANNEL_COIL_CURRENT},
						 {"trigger", CHANNEL_TRIGGER},
						 {"capacitor_voltage", CHANNEL_CAPACITOR_VOLTAGE},
						 {"other", CHANNEL_OTHER}};
	return enum_type(H5T_NATIVE_INT, names, sizeof names / sizeof names[0]);
}

static hid_t cause_type(void)
{
	struct enum_name names[GAP_CAUSE_COUNT];
	for (int i = 0; i < GAP_CAUSE_COUNT; i++)
		names[i] = (struct enum_name){gap_cause_name((enum gap_cause)i), i};
	return enum_type(H5T_NATIVE_INT, names, GAP_CAUSE_COUNT);
}

static hid_t line_type(void)
{
	struct enum_name names[LOGIC_LINE_COUNT];
	for (int i = 0; i < LOGIC_LINE_COUNT; i++)
		names[i] = (struct enum_name){logic_line_name((enum logic_line)i), i};
	return enum_type(H5T_NATIVE_INT, names, LOGIC_LINE_COUNT);
}

static hid_t event_kind_type(void)
{
	struct enum_name names[EVENT_KIND_COUNT];
	for (int i = 0; i < EVENT_KIND_COUNT; i++)
		names[i] = (struct enum_name){run_event_kind_name((enum run_event_kind)i), i};
	return enum_type(H5T_NATIVE_INT, names, EVENT_KIND_COUNT);
}

struct member {
	const char *name;
	size_t offset;
	hid_t type;
};

/* A compound of the members that are there; -1 on failure. */
static hid_t compound_type(size_t size, const struct member *members, size_t count)
{
	hid_t type = H5Tcreate(H5T_COMPOUND, size);
	for (size_t i = 0; type >= 0 && i < count; i++) {
		if (members[i].type < 0 || H5Tinsert(type, members[i].name, members[i].offset, members[i].type) < 0) {
			hdf5_close(type);
			type = -1;
		}
	}
	return type;
}

static hid_t gap_type(void)
{
	auto_hdf5 hid_t cause = cause_type();
	const struct member members[] = {
		{"first_frame", offsetof(struct gap, first_frame), H5T_NATIVE_UINT64},
		{"frames", offsetof(struct gap, frames), H5T_NATIVE_UINT64},
		{"cause", offsetof(struct gap, cause), cause},
	};
	return compound_type(sizeof(struct gap), members, sizeof members / sizeof members[0]);
}

static hid_t edge_type(void)
{
	auto_hdf5 hid_t line = line_type();
	auto_hdf5 hid_t rising = bool_type();
	const struct member members[] = {
		{"line", offsetof(struct edge, line), line},
		{"rising", offsetof(struct edge, rising), rising},
		{"time_s", offsetof(struct edge, time_s), H5T_NATIVE_DOUBLE},
	};
	return compound_type(sizeof(struct edge), members, sizeof members / sizeof members[0]);
}

static hid_t event_type(void)
{
	auto_hdf5 hid_t kind = event_kind_type();
	const struct member members[] = {
		{"kind", offsetof(struct run_event, kind), kind},
		{"index", offsetof(struct run_event, index), H5T_NATIVE_UINT32},
		{"time_s", offsetof(struct run_event, time_s), H5T_NATIVE_DOUBLE},
		{"u_time_s", offsetof(struct run_event, u_time_s), H5T_NATIVE_DOUBLE},
	};
	return compound_type(sizeof(struct run_event), members, sizeof members / sizeof members[0]);
}

hid_t store_channel_type(void)
{
	auto_hdf5 hid_t name = store_string_type(sizeof((struct channel *)0)->name);
	auto_hdf5 hid_t unit = store_string_type(sizeof((struct channel *)0)->unit);
	auto_hdf5 hid_t sensor = store_string_type(sizeof((struct channel *)0)->sensor);
	auto_hdf5 hid_t role = role_type();
	auto_hdf5 hid_t calibrated = bool_type();
	const struct member members[] = {
		{"name", offsetof(struct channel, name), name},
		{"role", offsetof(struct channel, role), role},
		{"unit", offsetof(struct channel, unit), unit},
		{"scale", offsetof(struct channel, scale), H5T_NATIVE_DOUBLE},
		{"offset", offsetof(struct channel, offset), H5T_NATIVE_DOUBLE},
		{"count_min", offsetof(struct channel, count_min), H5T_NATIVE_INT32},
		{"count_max", offsetof(struct channel, count_max), H5T_NATIVE_INT32},
		{"threshold", offsetof(struct channel, threshold), H5T_NATIVE_DOUBLE},
		{"droop_time_constant_s", offsetof(struct channel, droop_time_constant_s), H5T_NATIVE_DOUBLE},
		{"bandwidth_hz", offsetof(struct channel, bandwidth_hz), H5T_NATIVE_DOUBLE},
		{"delay_s", offsetof(struct channel, delay_s), H5T_NATIVE_DOUBLE},
		{"u_sensor_gain_rel", offsetof(struct channel, u_sensor_gain_rel), H5T_NATIVE_DOUBLE},
		{"u_position_rel", offsetof(struct channel, u_position_rel), H5T_NATIVE_DOUBLE},
		{"u_adc_gain_rel", offsetof(struct channel, u_adc_gain_rel), H5T_NATIVE_DOUBLE},
		{"u_offset", offsetof(struct channel, u_offset), H5T_NATIVE_DOUBLE},
		{"u_delay_s", offsetof(struct channel, u_delay_s), H5T_NATIVE_DOUBLE},
		{"calibrated", offsetof(struct channel, calibrated), calibrated},
		{"sensor", offsetof(struct channel, sensor), sensor},
	};
	return compound_type(sizeof(struct channel), members, sizeof members / sizeof members[0]);
}

hid_t store_string_type(size_t size)
{
	hid_t type = H5Tcopy(H5T_C_S1);
	if (type >= 0 && H5Tset_size(type, size) < 0) {
		hdf5_close(type);
		return -1;
	}
	return type;
}

hid_t store_file_type(hid_t memory_type)
{
	hid_t type = H5Tcopy(memory_type);
	if (type >= 0 && H5Tget_class(type) == H5T_COMPOUND && H5Tpack(type) < 0) {
		hdf5_close(type);
		return -1;
	}
	return type;
}

size_t element_size(enum element element)
{
	switch (element) {
	case ELEMENT_INT16: return sizeof(int16_t);
	case ELEMENT_UINT32: return sizeof(uint32_t);
	case ELEMENT_UINT64: return sizeof(uint64_t);
	case ELEMENT_FLOAT: return sizeof(float);
	case ELEMENT_BOOL: return sizeof(bool);
	case ELEMENT_ITEM: return sizeof(uint8_t);
	case ELEMENT_GAP: return sizeof(struct gap);
	case ELEMENT_EDGE: return sizeof(struct edge);
	case ELEMENT_EVENT: return sizeof(struct run_event);
	}
	return 0;
}

hid_t element_memory_type(enum element element)
{
	switch (element) {
	case ELEMENT_INT16: return H5Tcopy(H5T_NATIVE_INT16);
	case ELEMENT_UINT32: return H5Tcopy(H5T_NATIVE_UINT32);
	case ELEMENT_UINT64: return H5Tcopy(H5T_NATIVE_UINT64);
	case ELEMENT_FLOAT: return H5Tcopy(H5T_NATIVE_FLOAT);
	case ELEMENT_BOOL: return bool_type();
	case ELEMENT_ITEM: return item_type();
	case ELEMENT_GAP: return gap_type();
	case ELEMENT_EDGE: return edge_type();
	case ELEMENT_EVENT: return event_type();
	}
	return -1;
}
