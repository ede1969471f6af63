/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The virtual stimulator's circuits beside ngspice: the netlist of the same components, with switches and diodes, must show the same current.
 * usage: spice FIXTURES
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "sim_circuit.h"

/* Largest difference allowed, of the peak. */
#define LIMIT_REL 1e-3
#define SPAN_S 700e-6

enum { MOST_STEPS = 20000 };

static const char *const devices[] = {"magpro-x100-cool-b65", "magstim-rapid-d70", "powermag-pmd70", "magpro-x100-monophasic",
				      "magpro-x100-half-sine"};

struct files {
	char netlist[64], output[64], log[64];
};

/* Thyristor: a diode behind a switch that is open again before the second forward half wave; biphasic: with a diode against it. */
static void write_netlist(FILE *out, const struct circuit *circuit, double voltage_v, const char *output)
{
	bool biphasic = circuit->waveform == WAVEFORM_BIPHASIC, monophasic = circuit->waveform == WAVEFORM_MONOPHASIC;
	double gate_s = monophasic ? 1 : 0.75 * 2 * M_PI / circuit->omega_per_s;
	fprintf(out, "* discharge\nC1 n1 0 %.9g IC=%.9g\nD1 n1 n2 ideal\nS1 n2 n3 g 0 thyristor\n", circuit->capacitance_f, voltage_v);
	fprintf(out, "VG g 0 PULSE(1 0 %.9g 1n 1n 10 20)\nVI n3 n4 0\nL1 n4 n5 %.9g IC=0\nR1 n5 0 %.9g\n", gate_s, circuit->inductance_h,
		circuit->resistance_ohm);
	if (biphasic)
		fprintf(out, "D2 n3 n1 ideal\n");
	if (monophasic)
		fprintf(out, "D3 0 m1 ideal\nVD m1 m2 %.9g\nR2 m2 m3 %.9g\nL2 m3 n1 %.9g IC=0\n", circuit->diode_drop_v,
			circuit->diode_resistance_ohm, circuit->stray_inductance_h);
	fprintf(out, ".model ideal D(N=0.01 IS=1e-9)\n.model thyristor SW(VT=0.5 RON=1u ROFF=1meg)\n");
	fprintf(out, ".options reltol=1e-6 abstol=1e-6 vntol=1e-6 method=gear\n.control\nset wr_singlescale\ntran 50n %.9g 0 50n uic\n",
		SPAN_S);
	fprintf(out, "wrdata %s i(VI)\nquit\n.endc\n.end\n", output);
}

/* The circuit's own current at every step. */
static size_t walk(const struct circuit *circuit, double voltage_v, double *current_a)
{
	struct circuit_state state = circuit_begin(circuit, voltage_v);
	size_t n = 0;
	while (n < MOST_STEPS && (double)n * circuit->step_s <= SPAN_S) {
		current_a[n++] = state.current_a;
		if (circuit_over(circuit, &state))
			state.current_a = 0;
		else
			circuit_step(circuit, &state);
	}
	return n;
}

static double current_at(const double *current_a, size_t n, double index)
{
	size_t k = (size_t)index;
	return k + 1 >= n ? current_a[n - 1] : current_a[k] + (index - (double)k) * (current_a[k + 1] - current_a[k]);
}

/* The largest difference from what ngspice wrote, relative to the peak; NAN when there is nothing to compare. */
static double compare(const char *path, const struct circuit *circuit, const double *current_a, size_t n, double *at_s)
{
	FILE *in = fopen(path, "r");
	double t, spice_a, worst = 0, peak_a = 0;
	size_t points = 0;
	if (!in)
		return NAN;
	for (size_t k = 0; k < n; k++)
		peak_a = fmax(peak_a, fabs(current_a[k]));
	while (fscanf(in, "%lf %lf", &t, &spice_a) == 2) {
		double difference = fabs(spice_a - current_at(current_a, n, t / circuit->step_s)) / peak_a;
		if (difference > worst) {
			worst = difference;
			*at_s = t;
		}
		points++;
	}
	fclose(in);
	return points > 1000 ? worst : NAN;
}

static bool run_ngspice(const struct files *files)
{
	char command[256];
	snprintf(command, sizeof command, "ngspice -b %s >%s 2>&1", files->netlist, files->log);
	return system(command) == 0;
}

static double check_device(const char *name, const char *fixtures, const struct files *files, double *at_s)
{
	static double current_a[MOST_STEPS];
	struct error error = {0};
	struct circuit circuit;
	auto_device struct device *device = config_load_device(name, fixtures, &error);
	if (!device || !circuit_make(device, &circuit, &error)) {
		fprintf(stderr, "spice: %s\n", error.text);
		return NAN;
	}
	FILE *netlist = fopen(files->netlist, "w");
	if (!netlist)
		return NAN;
	write_netlist(netlist, &circuit, device->voltage_v.value, files->output);
	if (fclose(netlist) != 0 || !run_ngspice(files))
		return NAN;
	return compare(files->output, &circuit, current_a, walk(&circuit, device->voltage_v.value, current_a), at_s);
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/tmsrig-spice-XXXXXX";
	struct files files;
	unsigned wrong = 0;
	if (argc != 2 || !mkdtemp(folder)) {
		fprintf(stderr, "usage: spice FIXTURES\n");
		return 2;
	}
	snprintf(files.netlist, sizeof files.netlist, "%s/netlist.cir", folder);
	snprintf(files.output, sizeof files.output, "%s/current.data", folder);
	snprintf(files.log, sizeof files.log, "%s/log", folder);
	printf("%-26s %22s\n", "device", "largest difference");
	for (size_t k = 0; k < sizeof devices / sizeof *devices; k++) {
		double at_s = 0, difference = check_device(devices[k], argv[1], &files, &at_s);
		bool ok = difference <= LIMIT_REL;
		printf("%-26s %10.4f %% at %3.0f us  %s\n", devices[k], 100 * difference, 1e6 * at_s, ok ? "ok" : "WRONG");
		wrong += !ok;
	}
	unlink(files.netlist);
	unlink(files.output);
	unlink(files.log);
	rmdir(folder);
	return wrong > 0;
}
