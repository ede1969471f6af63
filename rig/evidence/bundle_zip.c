/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bundle_zip.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

#include "folder.h"
#include "printable.h"
#include "zip_layout.h"

enum { COPY_SIZE = 1 << 16, NAME_MAX_LENGTH = 1000, RATIO_FLOOR = 1 << 20, DOS_DATE = 0x21 /* 1980-01-01 */ };

const struct bundle_zip_limits bundle_zip_default_limits = {UINT64_C(64) << 30, 250, FOLDER_MAX_FILES};

static void cleanup_zip(zip_t **archive)
{
	if (*archive)
		zip_discard(*archive);
}
#define auto_zip cleanup_with(cleanup_zip)

static void cleanup_zip_file(zip_file_t **file)
{
	if (*file)
		zip_fclose(*file);
}

static bool zip_failed(struct error *error, enum error_kind kind, const char *path, zip_error_t *why)
{
	return error_set(error, kind, "%s: %s", path, zip_error_strerror(why));
}

static zip_t *open_archive(const char *path, int flags, enum error_kind kind, struct error *error)
{
	int code = 0;
	zip_t *archive = zip_open(path, flags, &code);
	if (!archive) {
		zip_error_t why;
		zip_error_init_with_code(&why, code);
		zip_failed(error, kind, path, &why);
		zip_error_fini(&why);
	}
	return archive;
}

/* What compresses; recordings do so by themselves. */
static bool is_text(const char *name)
{
	static const char *const ENDINGS[] = {".csv", ".json", ".jsonl", ".html", ".xml", ".lua", ".yaml", ".log"};
	const char *dot = strrchr(name, '.');
	for (size_t i = 0; dot && i < sizeof ENDINGS / sizeof *ENDINGS; i++)
		if (strcmp(dot, ENDINGS[i]) == 0)
			return true;
	return false;
}

static bool add_entry(zip_t *archive, const char *dir, const char *top, const char *name)
{
	auto_free char *path = NULL, *entry = NULL;
	if (asprintf(&path, "%s/%s", dir, name) < 0 || asprintf(&entry, "%s/%s", top, name) < 0)
		return false;
	zip_source_t *source = zip_source_file(archive, path, 0, -1);
	zip_int64_t index = source ? zip_file_add(archive, entry, source, ZIP_FL_ENC_UTF_8) : -1;
	if (index < 0) {
		zip_source_free(source);
		return false;
	}
	zip_uint64_t i = (zip_uint64_t)index;
	return zip_set_file_compression(archive, i, is_text(name) ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 6) == 0 &&
	       zip_file_set_dostime(archive, i, 0, DOS_DATE, 0) == 0 &&
	       zip_file_set_external_attributes(archive, i, 0, ZIP_OPSYS_UNIX, (zip_uint32_t)(S_IFREG | 0644) << 16) == 0;
}

/* "a/b/" -> "b"; the caller frees. */
static char *top_of(const char *dir)
{
	size_t end = strlen(dir);
	while (end > 1 && dir[end - 1] == '/')
		end--;
	size_t begin = end;
	while (begin > 0 && dir[begin - 1] != '/')
		begin--;
	bool nameless = end == begin || (end - begin == 1 && dir[begin] == '.') || strncmp(dir + begin, "..", end - begin) == 0;
	return nameless ? strdup("bundle") : strndup(dir + begin, end - begin);
}

static bool pack(const char *dir, const char *top, const struct folder_list *files, const char *path, struct error *error)
{
	auto_zip zip_t *archive = open_archive(path, ZIP_CREATE | ZIP_TRUNCATE, ERROR_CONFIG, error);
	if (!archive)
		return false;
	for (size_t i = 0; i < files->count; i++)
		if (!add_entry(archive, dir, top, files->names[i]))
			return zip_failed(error, ERROR_BENCH, path, zip_get_error(archive));
	if (zip_close(archive) != 0)
		return zip_failed(error, ERROR_BENCH, path, zip_get_error(archive));
	archive = NULL;
	return true;
}

static bool sync_file(const char *path, struct error *error)
{
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	return (fd >= 0 && fsync(fd) == 0) || error_errno(error, ERROR_BENCH, "%s: cannot be brought to the disk", path);
}

/* "a/b.zip" -> "a/.b.zip.partial"; the caller frees. */
static char *partial_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash - path) + 1 : 0;
	char *partial = NULL;
	return asprintf(&partial, "%.*s.%s.partial", folder, path, path + folder) < 0 ? NULL : partial;
}

bool bundle_zip_pack(const char *dir, const char *path, struct error *error)
{
	struct stat status;
	auto_folder_list struct folder_list *files = folder_list(dir, error);
	auto_free char *top = top_of(dir);
	auto_free char *partial = partial_of(path);
	if (!files || !top || !partial)
		return files ? error_bench(error, "%s: out of memory", dir) : false;
	if (lstat(path, &status) == 0)
		return error_config(error, "%s: already exists; choose another name", path);
	/* On the disk before it has its name. */
	bool packed = pack(dir, top, files, partial, error) && sync_file(partial, error) && folder_rename(partial, path, error);
	if (!packed)
		unlink(partial);
	return packed;
}

/* An archive that is being unpacked. */
struct unpacking {
	zip_t *archive;
	const char *path, *dir;
	const struct bundle_zip_limits *limits;
	uint64_t archive_size, total, packed;
	size_t top_length;  /* of the one top folder, its slash included */
	const char **names; /* of the files */
	size_t count;
};

static bool refuse(const struct unpacking *unpacking, struct error *error, const char *name, const char *why)
{
	auto_free char *shown = printable(name);
	return error_config(error, "%s: entry '%s' %s", unpacking->path, shown ? shown : "?", why);
}

/* Relative, one top folder, no empty, "." or ".." part, nothing but printable bytes and UTF-8. */
static bool is_plain(const char *name)
{
	if (strlen(name) > NAME_MAX_LENGTH || strchr(name, '\\'))
		return false;
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	for (const char *part = name; *part;) {
		size_t length = strcspn(part, "/");
		if (length == 0 || strncmp(part, ".", length) == 0 || (length == 2 && strncmp(part, "..", 2) == 0))
			return false;
		part += length + (part[length] == '/');
	}
	return *name && strchr(name, '/');
}

static bool is_folder(const char *name)
{
	return name[strlen(name) - 1] == '/';
}

/* The kind of file that a UNIX archiver noted, if it did: only regular files, and folders. */
static bool is_special(zip_t *archive, zip_uint64_t index, bool folder)
{
	zip_uint8_t system = 0;
	zip_uint32_t attributes = 0;
	if (zip_file_get_external_attributes(archive, index, 0, &system, &attributes) != 0)
		return true;
	unsigned kind = (attributes >> 16) & S_IFMT;
	return kind != 0 && kind != (folder ? S_IFDIR : S_IFREG);
}

static bool look_at_size(struct unpacking *unpacking, const zip_stat_t *entry, struct error *error)
{
	const struct bundle_zip_limits *limits = unpacking->limits;
	if (entry->size > limits->total_bytes - unpacking->total)
		return refuse(unpacking, error, entry->name, "takes the archive beyond the size that is unpacked at most");
	unpacking->total += entry->size;
	if (entry->comp_size > unpacking->archive_size - unpacking->packed)
		return refuse(unpacking, error, entry->name, "overlaps others: the entries are longer than the archive");
	unpacking->packed += entry->comp_size;
	if (entry->size > RATIO_FLOOR && entry->size / limits->ratio > entry->comp_size)
		return refuse(unpacking, error, entry->name, "unpacks to far more than any evidence does (a bomb)");
	return true;
}

static bool look_at(struct unpacking *unpacking, zip_uint64_t index, struct error *error)
{
	zip_stat_t entry;
	zip_stat_init(&entry);
	const zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
	if (zip_stat_index(unpacking->archive, index, ZIP_FL_ENC_RAW, &entry) != 0 || (entry.valid & needed) != needed)
		return error_config(error, "%s: entry %llu has no readable head", unpacking->path, (unsigned long long)index);
	if (!is_plain(entry.name))
		return refuse(unpacking, error, entry.name, "is not a plain path inside one top folder");
	size_t top = strcspn(entry.name, "/") + 1;
	if (unpacking->top_length == 0)
		unpacking->top_length = top;
	if (top != unpacking->top_length || (unpacking->count > 0 && strncmp(unpacking->names[0], entry.name, unpacking->top_length) != 0))
		return refuse(unpacking, error, entry.name, "is not in the same top folder as the others");
	if (is_special(unpacking->archive, index, is_folder(entry.name)))
		return refuse(unpacking, error, entry.name, "is a link or a special file");
	if (is_folder(entry.name))
		return entry.size == 0 || refuse(unpacking, error, entry.name, "is a folder with content");
	if (entry.encryption_method != ZIP_EM_NONE)
		return refuse(unpacking, error, entry.name, "is encrypted");
	if (entry.comp_method != ZIP_CM_STORE && entry.comp_method != ZIP_CM_DEFLATE)
		return refuse(unpacking, error, entry.name, "is packed by another method than store and deflate");
	unpacking->names[unpacking->count++] = entry.name;
	return look_at_size(unpacking, &entry, error);
}

/* By bytes, the slash before all others, so that a file stands right before what would be below it. */
static int compare_names(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	while (*x && *x == *y)
		x++, y++;
	int p = *x == '/' ? 1 : (unsigned char)*x, q = *y == '/' ? 1 : (unsigned char)*y;
	return p - q;
}

/* Twice the same name, or a file that is also the folder of another. The names are sorted. */
static bool look_for_clashes(const struct unpacking *unpacking, struct error *error)
{
	for (size_t i = 1; i < unpacking->count; i++) {
		const char *before = unpacking->names[i - 1], *name = unpacking->names[i];
		size_t length = strlen(before);
		if (strncmp(before, name, length) == 0 && (name[length] == '\0' || name[length] == '/'))
			return refuse(unpacking, error, before, "comes twice, or is both a file and a folder");
	}
	return true;
}

static bool look_at_all(struct unpacking *unpacking, struct error *error)
{
	zip_int64_t entries = zip_get_num_entries(unpacking->archive, 0);
	if (entries <= 0)
		return error_config(error, "%s: an empty archive", unpacking->path);
	if ((uint64_t)entries > unpacking->limits->files)
		return error_config(error, "%s: %lld entries; at most %zu are unpacked", unpacking->path, (long long)entries,
				    unpacking->limits->files);
	unpacking->names = calloc((size_t)entries, sizeof *unpacking->names);
	if (!unpacking->names)
		return error_bench(error, "%s: out of memory", unpacking->path);
	for (zip_uint64_t i = 0; i < (zip_uint64_t)entries; i++)
		if (!look_at(unpacking, i, error))
			return false;
	if (unpacking->count > 0)
		qsort(unpacking->names, unpacking->count, sizeof *unpacking->names, compare_names);
	return look_for_clashes(unpacking, error);
}

/* Folders above a file, each once; the names are sorted, so that those of one folder come together. */
static bool make_folders(const char *path, size_t root_length, struct error *error)
{
	auto_free char *partial = strdup(path);
	if (!partial)
		return error_bench(error, "%s: out of memory", path);
	for (char *slash = partial + root_length; (slash = strchr(slash + 1, '/')) != NULL;) {
		*slash = '\0';
		if (mkdir(partial, 0777) != 0 && errno != EEXIST)
			return error_errno(error, folder_error_kind(errno), "%s: cannot make the folder", partial);
		*slash = '/';
	}
	return true;
}

static bool copy_out(const struct unpacking *unpacking, const char *name, zip_file_t *from, int to, uint64_t size, struct error *error)
{
	auto_free char *bytes = malloc(COPY_SIZE);
	uint64_t left = size;
	if (!bytes)
		return error_bench(error, "%s: out of memory", unpacking->path);
	for (;;) {
		zip_int64_t got = zip_fread(from, bytes, COPY_SIZE);
		if (got < 0)
			return refuse(unpacking, error, name, "is damaged: its content cannot be unpacked or fails its CRC");
		if (got == 0)
			return left == 0 || refuse(unpacking, error, name, "is shorter than the archive says");
		if ((uint64_t)got > left)
			return refuse(unpacking, error, name, "is longer than the archive says");
		left -= (uint64_t)got;
		for (zip_int64_t done = 0; done < got;) {
			ssize_t put = write(to, bytes + done, (size_t)(got - done));
			if (put < 0 && errno == EINTR)
				continue;
			if (put <= 0)
				return error_errno(error, ERROR_BENCH, "%s: cannot write", unpacking->dir);
			done += put;
		}
	}
}

static bool unpack_one(const struct unpacking *unpacking, const char *name, struct error *error)
{
	zip_stat_t entry;
	auto_free char *path = NULL;
	if (asprintf(&path, "%s/%s", unpacking->dir, name + unpacking->top_length) < 0)
		return error_bench(error, "%s: out of memory", unpacking->path);
	if (!make_folders(path, strlen(unpacking->dir), error))
		return false;
	cleanup_with(cleanup_zip_file) zip_file_t *from = zip_fopen(unpacking->archive, name, ZIP_FL_ENC_RAW);
	if (!from || zip_stat(unpacking->archive, name, ZIP_FL_ENC_RAW, &entry) != 0)
		return refuse(unpacking, error, name, "cannot be read");
	auto_fd int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (to < 0)
		return error_errno(error, folder_error_kind(errno), "%s: entry '%.200s' cannot be made", unpacking->path, name);
	return copy_out(unpacking, name, from, to, entry.size, error);
}

/* What was unpacked before the archive turned out bad; the folder was made here, so all of it is this function's own. */
static void remove_all(const struct unpacking *unpacking)
{
	for (size_t i = unpacking->count; i-- > 0;) {
		auto_free char *path = NULL;
		if (asprintf(&path, "%s/%s", unpacking->dir, unpacking->names[i] + unpacking->top_length) < 0)
			continue;
		unlink(path);
		for (char *slash; (slash = strrchr(path, '/')) && (size_t)(slash - path) > strlen(unpacking->dir);) {
			*slash = '\0';
			rmdir(path);
		}
	}
	rmdir(unpacking->dir);
}

static bool unpack_all(struct unpacking *unpacking, struct error *error)
{
	if (!look_at_all(unpacking, error) || !zip_layout_check(unpacking->path, error))
		return false;
	/* Whether local heads and directory agree, which the library tells of the archive as a whole. */
	auto_zip zip_t *consistent = open_archive(unpacking->path, ZIP_RDONLY | ZIP_CHECKCONS, ERROR_CONFIG, error);
	if (!consistent)
		return false;
	if (mkdir(unpacking->dir, 0777) != 0)
		return error_errno(error, ERROR_CONFIG, "%s: cannot make the folder", unpacking->dir);
	for (size_t i = 0; i < unpacking->count; i++)
		if (!unpack_one(unpacking, unpacking->names[i], error)) {
			remove_all(unpacking);
			return false;
		}
	return true;
}

bool bundle_zip_unpack(const char *path, const char *dir, const struct bundle_zip_limits *limits, struct error *error)
{
	struct stat status;
	if (stat(path, &status) != 0)
		return error_errno(error, ERROR_CONFIG, "%s", path);
	if (!S_ISREG(status.st_mode))
		return error_config(error, "%s: not a file", path);
	auto_zip zip_t *archive = open_archive(path, ZIP_RDONLY, ERROR_CONFIG, error);
	if (!archive)
		return false;
	struct unpacking unpacking = {
		.archive = archive, .path = path, .dir = dir, .limits = limits, .archive_size = (uint64_t)status.st_size};
	bool unpacked = unpack_all(&unpacking, error);
	free(unpacking.names);
	return unpacked;
}
