/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sandbox: what must not be there is not there, and whatever a script tries, it ends soon with a located message.
 */
#include <criterion/criterion.h>
#include <lauxlib.h>
#include <string.h>
#include <time.h>

#include "script.h"
#include "text.h"

static const struct script_limits limits = {.instructions = 20000000, .memory_bytes = 64 << 20, .string_bytes = 1 << 20};

static bool run_bytes(const char *text, size_t length, struct error *error)
{
	auto_script struct script *script = script_create(&limits, NULL, error);
	cr_assert_not_null(script, "%s", error->text);
	return script_run(script, "attack.lua", text, length, 0, error);
}

static bool run(const char *text, struct error *error)
{
	return run_bytes(text, strlen(text), error);
}

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

struct attack {
	const char *text, *expect;
};

static const struct attack attacks[] = {
	{"\nwhile true do end", "attack.lua:2: stopped: the script used up its 20000000 instructions"},
	{"repeat until false", "attack.lua:1: stopped"},
	{"for i = 1, math.huge do end", "attack.lua:1: stopped"},
	{"::a:: goto a", "attack.lua:1: stopped"},
	{"while true do pcall(function() while true do end end) end", "attack.lua:1: stopped"},
	{"local function f() pcall(f) while true do pcall(f) end end f()", "attack.lua:1: "},
	{"local function f() return f() end f()", "attack.lua:1: stopped"},
	{"local function f() return 1 + f() end f()", "attack.lua:1: "},
	{"local s = ('a'):rep(1000) s:find(('a*'):rep(30) .. 'b')", "attack.lua:1: string.find is not there"},
	{"('x'):match('x')", "attack.lua:1: string.match is not there"},
	{"('x'):gmatch('x')", "attack.lua:1: string.gmatch is not there"},
	{"('x'):gsub('x', 'y')", "attack.lua:1: string.gsub is not there"},
	{"string.gsub('x', 'x', 'y')", "attack.lua:1: string.gsub is not there"},
	{"while true do local x = ('x'):rep(1e6) end", "attack.lua:1: stopped"},
	{"local t = {} while true do t[#t + 1] = ('x'):rep(1e6) end", "attack.lua:1: "},
	{"local s = 'x' while true do s = s .. s end", "attack.lua:1: a string of"},
	{"local s = 'x' while true do s = s .. 'x' end", "attack.lua:1: stopped"},
	{"local t = {} while true do t[#t + 1] = {} end", "attack.lua:1: "},
	{"while true do pcall(function() local t = {} while true do t[#t + 1] = {} end end) end", "attack.lua:1: "},
	{"('x'):rep(1e18)", "attack.lua:1: string.rep: the result is longer"},
	{"('x'):rep(2^62)", "attack.lua:1: string.rep: the result is longer"},
	{"('xy'):rep(math.maxinteger, 'abc')", "attack.lua:1: string.rep: the result is longer"},
	{"while true do (''):rep(1e9) end", "attack.lua:1: stopped"},
	{"string.format('%99999d', 1)", "attack.lua:1: "},
	{"string.format('%p', {})", "attack.lua:1: string.format: %p is not there"},
	{"table.unpack({}, 1, 1e8)", "attack.lua:1: table.unpack: more than 100000 values"},
	{"table.unpack({}, math.mininteger, math.maxinteger)", "attack.lua:1: table.unpack: more than"},
	{"while true do table.unpack({}, 1, 99999) end", "attack.lua:1: stopped"},
	{"table.concat({}, '', 1, 1e9)", "attack.lua:1: "},
	{"local t = {} for i = 1, 100000 do t[i] = '' end while true do table.concat(t) end", "attack.lua:1: stopped"},
	{"local t = {} for i = 1, 100000 do t[i] = i end while true do table.insert(t, 1, 0) end", "attack.lua:1: stopped"},
	{"local t = {} for i = 1, 100000 do t[i] = i end while true do table.remove(t, 1) end", "attack.lua:1: stopped"},
	{"table.move({}, 1, 1e12, 2)", "attack.lua:1: attempt to call a nil value (field 'move')"},
	{"local t = {} for i = 1, 1e5 do t[i] = i % 7 end while true do table.sort(t) end", "attack.lua:1: stopped"},
	{"local t = {} for i = 1, 1e5 do t[i] = i end table.sort(t, function() while true do end end)", "attack.lua:1: stopped"},
	{"table.sort({1, 2, 'x'})", "attack.lua:1: attempt to compare"},
	{"local a, b = ('x'):rep(1e6), ('x'):rep(999999) .. 'x' while true do local c = a == b end", "attack.lua:1: stopped"},
	{"local a = (' '):rep(1e6) .. '1' while true do math.floor(a) end", "attack.lua:1: stopped"},
	{"local a = (' '):rep(1e6) while true do tonumber(a) end", "attack.lua:1: stopped"},
	{"local a = ('x'):rep(1e6) while true do utf8.len(a) end", "attack.lua:1: stopped"},
	{"local a = ('x'):rep(1e5) while true do a:byte(1, -1) end", "attack.lua:1: "},
	{"local a = ('x'):rep(1e6) while true do text.find(a, 'xy') end", "attack.lua:1: stopped"},
	{"text.replace(('x'):rep(1e6), 'x', ('y'):rep(1e6))", "attack.lua:1: text.replace: the result is longer"},
	{"utf8.char(table.unpack({}, 1, 99999))", "attack.lua:1: "},
	{"error({})", "attack.lua:1: error() was called with a table value"},
	{"error(nil)", "attack.lua:1: error() was called with a nil value"},
	{"error()", "attack.lua:1: error() was called with a nil value"},
	{"error('bare', 0)", "attack.lua:1: bare"},
	{"error(42)", "attack.lua:1: 42"},
	{"error(function() end)", "attack.lua:1: error() was called with a function value"},
	{"local t = nil\nt.x = 1", "attack.lua:2: attempt to index a nil value (local 't')"},
	{"x = = 1", "attack.lua:1: unexpected symbol near '='"},
	{"\n\nif true then", "attack.lua:3: 'end' expected"},
	{"return 10 + '10'", "attack.lua:1: attempt to perform arithmetic on a string value"},
	{"require 'x'", "attack.lua:1: require: there is no library here"},
	{"pairs({[{}] = 1})", "attack.lua:1: pairs: a key is a table"},
};

Test(script_sandbox, every_attack_ends_with_a_located_message)
{
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
		struct error error = {0};
		double start_s = now_s();
		bool ok = run(attacks[i].text, &error);
		double took_s = now_s() - start_s;
		cr_expect(!ok, "went through: %s", attacks[i].text);
		cr_expect(strncmp(error.text, attacks[i].expect, strlen(attacks[i].expect)) == 0, "%s\n  said: %s\n  not:  %s",
			  attacks[i].text, error.text, attacks[i].expect);
		cr_expect_eq(error.kind, ERROR_CONFIG);
		cr_expect_lt(took_s, 10, "%s took %.2f s", attacks[i].text, took_s);
	}
}

Test(script_sandbox, dangerous_names_are_absent)
{
	static const char text[] =
		"for _, name in ipairs { 'load', 'loadfile', 'dofile', 'loadstring', 'collectgarbage', 'setmetatable', 'getmetatable', "
		"'rawset',\n"
		"	'rawget', 'rawequal', 'rawlen', 'print', 'warn', 'next', 'xpcall', 'io', 'os', 'debug', 'package', 'coroutine', "
		"'_G' } do\n"
		"	assert(_ENV[name] == nil, name)\n"
		"end\n"
		"for _, name in ipairs { 'dump', 'pack', 'unpack', 'packsize' } do assert(string[name] == nil and (''). len) end\n"
		"assert(table.move == nil and math.random == nil and math.randomseed == nil)";
	struct error error = {0};
	cr_assert(run(text, &error), "%s", error.text);
}

Test(script_sandbox, bytecode_is_refused)
{
	lua_State *state = luaL_newstate();
	cr_assert_eq(luaL_loadstring(state, "return 1"), LUA_OK);
	char bytes[] = "\x1bLua\x54\x00\x19\x93\r\n\x1a\n";
	lua_close(state);
	struct error error = {0};
	cr_assert_not(run_bytes(bytes, sizeof bytes - 1, &error));
	cr_assert_str_eq(error.text, "attack.lua:1: this is compiled Lua; only text is accepted");
	cr_assert_not(run_bytes("\0\0\0", 3, &error));
	cr_assert_eq(strncmp(error.text, "attack.lua:1: ", 14), 0, "%s", error.text);
}

Test(script_sandbox, the_offending_line_is_the_detail)
{
	struct error error = {0};
	cr_assert_not(run("local a = 1\nlocal b = a .. nil\nlocal c", &error));
	cr_assert_str_eq(error.detail, "local b = a .. nil");
}

Test(script_sandbox, long_names_are_not_shortened)
{
	static const char name[] = "a/very/long/path/that/lua/would/shorten/to/sixty/characters/in/its/messages/scenario.lua";
	struct error error = {0};
	auto_script struct script *script = script_create(&limits, NULL, &error);
	cr_assert_not_null(script);
	cr_assert_not(script_run(script, name, "\nerror('x')", 11, 0, &error));
	char expect[200];
	snprintf(expect, sizeof expect, "%s:2: x", name);
	cr_assert_str_eq(error.text, expect);
	cr_assert_str_eq(error.detail, "error('x')");
}

Test(script_sandbox, the_order_of_pairs_does_not_depend_on_the_seed)
{
	static const char text[] = "local t = {zebra = 1, apple = 2, [3] = 'c', [1.5] = 'h', mango = 3, [true] = 4, [1] = 'a'}\n"
				   "local s = {}\n"
				   "for k in pairs(t) do s[#s + 1] = tostring(k) end\n"
				   "assert(table.concat(s, ' ') == 'true 1 1.5 3 apple mango zebra' or table.concat(s, ' ') == '1 1.5 3 "
				   "true apple mango zebra',\n"
				   "	table.concat(s, ' '))\n"
				   "for k in pairs(t) do t[k] = nil end\n"
				   "for k in pairs(t) do error('left: ' .. k) end\n"
				   "assert(tostring({}) == 'table' and string.format('%s', {}) == 'table')\n";
	struct error error = {0};
	cr_assert(run(text, &error), "%s", error.text);
}

Test(script_sandbox, sort_is_stable)
{
	static const char text[] = "local t = {}\n"
				   "for i = 1, 5000 do t[i] = {key = (i * 7919) % 13, place = i} end\n"
				   "table.sort(t, function(a, b) return a.key < b.key end)\n"
				   "for i = 2, #t do\n"
				   "	assert(t[i - 1].key < t[i].key or (t[i - 1].key == t[i].key and t[i - 1].place < t[i].place), i)\n"
				   "end\n"
				   "local n = {5, 3, 9, 1}\n"
				   "table.sort(n)\n"
				   "assert(table.concat(n, ' ') == '1 3 5 9')\n"
				   "local w = {'b', 'a', 'c'}\n"
				   "table.sort(w, function(a, b) return a > b end)\n"
				   "assert(table.concat(w) == 'cba')";
	struct error error = {0};
	cr_assert(run(text, &error), "%s", error.text);
}

Test(script_sandbox, text_helpers)
{
	static const char text[] =
		"assert(table.concat(text.split('a,b,,c', ','), '|') == 'a|b||c')\n"
		"assert(table.concat(text.split('a,b,c', ',', 2), '|') == 'a|b,c')\n"
		"assert(table.concat(text.lines('x\\ny\\n'), '|') == 'x|y')\n"
		"local r, n = text.replace('aXbX', 'X', '--')\n"
		"assert(r == 'a--b--' and n == 2)\n"
		"assert(text.find('hello', 'l') == 3 and text.find('hello', 'l', 4) == 4 and text.find('hello', 'z') == nil)\n"
		"assert(text.contains('hello', 'ell') and not text.contains('hello', 'elL'))\n"
		"assert(text.starts_with('hello', 'he') and text.ends_with('hello', 'lo') and not text.starts_with('h', 'he'))\n"
		"assert(text.trim('  x y\\n') == 'x y' and text.pad_left('7', 3) == '  7' and text.pad_right('7', 3) == '7  ')\n"
		"assert(text.escape_html('<a href=\"x\">&</a>') == '&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;')\n"
		"assert(('%.3f'):format(1 / 3) == '0.333' and ('ab'):upper() == 'AB' and ('ab'):rep(2, '-') == 'ab-ab')\n"
		"assert(select('#', table.unpack({1, 2, 3})) == 3 and math.floor(2.5) == 2 and utf8.len('µs') == 2)";
	struct error error = {0};
	cr_assert(run(text, &error), "%s", error.text);
}

/* Text that is deep instead of long. */
static void check_nested(const char *open, unsigned times, const char *rest)
{
	struct error error = {0};
	auto_text struct text text = text_make(16 << 20);
	text_puts(&text, "return ");
	for (unsigned i = 0; i < times; i++)
		text_puts(&text, open);
	text_puts(&text, rest);
	cr_expect_not(run(text_view(&text), &error), "%s", open);
	cr_expect_eq(strncmp(error.text, "attack.lua:1: ", 14), 0, "%s: %s", open, error.text);
}

Test(script_sandbox, deep_text_is_refused)
{
	check_nested("(", 100000, "1");
	check_nested("{", 100000, "1");
	check_nested("- ", 1000000, "x");
	check_nested("not ", 1000000, "x");
	check_nested("function() return ", 100000, "1");
	check_nested("'x' .. ", 1000000, "x");
	check_nested("{},", 1000000, "(");
}

static void write_file(const char *folder, const char *name, const char *content)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	auto_file FILE *file = fopen(path, "w");
	cr_assert_not_null(file);
	fputs(content, file);
}

static bool run_with(const char *folder, const char *content, struct error *error)
{
	auto_script struct script *script = script_create(&limits, folder, error);
	cr_assert_not_null(script);
	return script_run(script, "main.lua", content, strlen(content), 0, error);
}

Test(script_sandbox, require_takes_plain_names_of_one_folder)
{
	char folder[] = "test_script_XXXXXX", expect[128];
	struct error error = {0};
	cr_assert_not_null(mkdtemp(folder));
	write_file(folder, "fine.lua", "counter = (counter or 0) + 1 return {value = 7}");
	write_file(folder, "silent.lua", "local x = 1");
	write_file(folder, "loop.lua", "require 'loop'");
	write_file(folder, "broken.lua", "\nerror('inside')");
	cr_expect(run_with(folder, "assert(require('fine').value == 7 and require('fine') == require('fine') and counter == 1)", &error),
		  "%s", error.text);
	cr_expect(run_with(folder, "assert(require('silent') == true)", &error), "%s", error.text);
	cr_expect_not(run_with(folder, "require 'loop'", &error));
	cr_expect_not_null(strstr(error.text, "loop.lua:1: require: 'loop' requires itself"), "%s", error.text);
	cr_expect_not(run_with(folder, "require 'broken'", &error));
	snprintf(expect, sizeof expect, "%s/broken.lua:2: inside", folder);
	cr_expect_str_eq(error.text, expect);
	cr_expect_str_eq(error.detail, "error('inside')");
	static const char *const names[] = {"../fine", "/etc/passwd", "fine.lua", ".", "", "a b", "fine\0x", "missing"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char content[64];
		snprintf(content, sizeof content, "require '%s'", i == 6 ? "fine\\0x" : names[i]);
		cr_expect_not(run_with(folder, content, &error), "%s", content);
		cr_expect_eq(strncmp(error.text, "main.lua:1: require: ", 21), 0, "%s: %s", content, error.text);
	}
	static const char *const files[] = {"fine.lua", "silent.lua", "loop.lua", "broken.lua"};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char path[256];
		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		cr_expect_eq(unlink(path), 0);
	}
	cr_expect_eq(rmdir(folder), 0);
}

Test(script_sandbox, results_and_calls)
{
	struct error error = {0};
	auto_script struct script *script = script_create(&limits, NULL, &error);
	cr_assert_not_null(script);
	static const char text[] = "return function(a, b) return a * b end";
	cr_assert(script_run(script, "f.lua", text, strlen(text), 1, &error), "%s", error.text);
	lua_State *state = script_state(script);
	lua_pushinteger(state, 6);
	lua_pushinteger(state, 7);
	cr_assert(script_call(script, 2, 1, &error), "%s", error.text);
	cr_assert_eq(lua_tointeger(state, -1), 42);
	lua_pop(state, 1);
	cr_assert_eq(lua_gettop(state), 0);
}
