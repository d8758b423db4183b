#!/usr/bin/env python3
"""Measures the simulator and writes docs/performance.md (needs valgrind and a build with libbenchmark-dev).

    bench/performance.py build/release > docs/performance.md
"""
import json
import os
import re
import subprocess
import sys
import tempfile

GOALS = {'every_input_fires_16x16_on_1_core': ('MAC/s', 200e6),
         'fifth_fires_56x56_on_16_cores': ('events/s', 8e6),
         'fifth_fires_56x56_on_16_cores_a_process_for_each_unit': ('events/s', 3.5e6),
         'fifth_fires_56x56_each_event_to_16_cores': ('events/s', 8e6),
         'fifth_fires_56x56_each_event_to_16_cores_a_process_for_each_unit': ('events/s', 3.5e6)}

# What the functions of the machine work for; the first that fits counts. Queues are inlined into whoever uses them.
PARTS = [('routers and their queues', r'Router::|Routes::|FlitQueue::'),
         ('whom to wake when', r'Kernel::|Schedule::|sc_core'),
         ('integration', r'Core::(take|integrate)|Integration::|TouchedFlags::mark|SliceState::(mark|open)'),
         ('evaluation and sending', r'Core::(?!wake)|DeltaUnit::|TouchedFlags::|SliceState::|Sender::'),
         ('wakes of cores', r'Core::wake'),
         ('ports and stream', r'Port::|Stream::')]
REPETITIONS = 5
REST = 'copies of frames, set-up'


def benchmarks(build, *options):
    out = subprocess.run([f'{build}/bench/machine_bench', '--benchmark_format=json', *options], check=True,
                         capture_output=True, text=True).stdout
    return json.loads(out)['benchmarks']


def best_of(build, repetitions):
    """The fastest run of each benchmark: on a machine that others use, too, the others slow the rest."""
    best = {}
    for b in benchmarks(build, f'--benchmark_repetitions={repetitions}', '--benchmark_enable_random_interleaving=true'):
        if b['run_type'] != 'iteration':
            continue
        if b['run_name'] not in best or b['events/s'] > best[b['run_name']]['events/s']:
            best[b['run_name']] = b
    return sorted(best.values(), key=lambda b: b['family_index'])


def instructions(command, collect):
    """Instructions inside the functions that match `collect`, by callgrind: of all, and by part."""
    with tempfile.TemporaryDirectory() as folder:
        text = subprocess.run(['valgrind', '--tool=callgrind', f'--callgrind-out-file={folder}/out',
                               f'--toggle-collect={collect}', *command], check=True, capture_output=True, text=True).stderr
        lines = subprocess.run(['callgrind_annotate', '--threshold=100', '--auto=no', f'{folder}/out'], check=True,
                               capture_output=True, text=True).stdout
    total = int(re.search(r'Collected : (\d+)', text).group(1))
    parts = dict.fromkeys([name for name, _ in PARTS] + [REST], 0)
    for line in lines.splitlines():
        found = re.match(r' *([\d,]+) \([^)]*%\) +(\S+:.*)', line)
        if found is None:
            continue
        part = next((name for name, pattern in PARTS if re.search(pattern, found.group(2))), REST)
        parts[part] += int(found.group(1).replace(',', ''))
    parts[REST] = total - sum(n for name, n in parts.items() if name != REST)
    return total, parts


def peak_memory_mb(command):
    text = subprocess.run(['/usr/bin/python3', '-c', 'import resource,subprocess,sys;subprocess.run(sys.argv[1:],check=True,'
                           'stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL);'
                           'print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)', *command],
                          check=True, capture_output=True, text=True).stdout
    return int(text) / 1024


def si(x):
    for prefix, factor in (('G', 1e9), ('M', 1e6), ('k', 1e3)):
        if x >= factor:
            return f'{x / factor:.3g} {prefix}'
    return f'{x:.3g}'


def machine_section(build):
    print('## The machine\n')
    print('Google Benchmark, release build, one core, `check` off, cycles, causes and activities fully accounted:')
    print(f'`build/release/bench/machine_bench`, the fastest of {REPETITIONS} runs. Events are counted where a core takes them. Seconds vary')
    print('between machines and with what else runs; instructions do not (callgrind over `hw::simulate`, one run). A fifth fires: 64 -> 64 channels, 56 x 56, 3 x 3;')
    print('cut into 8 bands of rows times 2 halves of the channels, into 16 parts of the channels (each event to 16 cores), or as the')
    print('mapper cuts. The systemc engine has a process for each unit.\n')
    print('| benchmark | events/s | MAC/s | simulated cycles/s | instructions per event | goal |')
    print('|---|---|---|---|---|---|')
    parts, taken = {}, {}
    for b in best_of(build, REPETITIONS):
        name = b['run_name']
        each = ''
        if 'process' not in name:  # the same units; what SystemC itself takes is not ours
            one = benchmarks(build, f'--benchmark_filter={name}$', '--benchmark_min_time=0.0001')[0]
            runs = one['iterations'] + (1 if one['iterations'] > 1 else 0)
            taken[name] = one['events/s'] * one['cpu_time'] / 1e3 * runs
            n, parts[name] = instructions([f'{build}/bench/machine_bench', f'--benchmark_filter={name}$',
                                           '--benchmark_min_time=0.0001'], 'deltasim::hw::simulate*')
            each = f'{n / taken[name]:.0f}'
        goal = GOALS.get(name)
        print(f"| {name.replace('_', ' ')} | {si(b['events/s'])} | {si(b['MAC/s'])} | {si(b['cycles/s'])} | "
              f"{each} | {'' if goal is None else f'{si(goal[1])} {goal[0]}'} |")
    print('\nInstructions per event by what they are for:\n')
    print('| benchmark | ' + ' | '.join(next(iter(parts.values()))) + ' |')
    print('|---' * (1 + len(next(iter(parts.values())))) + '|')
    for name, by_part in parts.items():
        print(f"| {name.replace('_', ' ')} | " + ' | '.join(f'{n / taken[name]:.0f}' for n in by_part.values()) + ' |')
    memory = peak_memory_mb([f'{build}/bench/machine_bench', '--benchmark_filter=layer_of_32x32x32',
                             '--benchmark_min_time=0.01'])
    print(f'\nPeak memory of the 32 x 32 x 32 -> 32 layer, everything included: {memory:.0f} MB (goal: under 150 MB).\n')


def growth_section(build):
    program = f'{build}/sim/deltasim'
    print('## Time follows events, not dense MACs\n')
    print('The default example with one execution at a time, `check` off: instructions of reference network and machine (callgrind over')
    print('`sim::execute`). The first frame is dense by nature; what a further frame costs is (10 frames - 1 frame) / 9.\n')
    print('| execution | frames | MACs dense | MACs done | events | instructions | per dense MAC | per event |')
    print('|---|---|---|---|---|---|---|---|')
    further = {}
    for execution in ('dense', 'delta'):
        rows = {}
        for frames in (1, 10):
            with tempfile.TemporaryDirectory() as folder:
                command = [program, 'run', 'configs/runs/objects.json', '--set', f'/executions=["{execution}"]', '--set',
                           f'/frames={frames}', '--set', '/check=false', '-o', f'{folder}/out']
                n, _ = instructions(command, 'deltasim::sim::execute*')
                with open(f'{folder}/out/report.json') as f:
                    report = json.load(f)
            e = report['executions'][execution]
            dense = sum(layer['macs_dense'] for layer in report['workload']['layers']) * frames
            rows[frames] = (dense, e['macs'], e['events'], n)
            print(f"| {execution} | {frames} | {si(dense)} | {si(e['macs'])} | {si(e['events'])} | {si(n)} | "
                  f"{n / dense:.1f} | {n / e['events']:.0f} |")
        further[execution] = [(b - a) / 9 for a, b in zip(rows[1], rows[10])]
    for execution, (dense, macs, events, n) in further.items():
        print(f'| {execution}, a further frame | | {si(dense)} | {si(macs)} | {si(events)} | {si(n)} | {n / dense:.1f} | '
              f'{n / events:.0f} |')
    a, b = further['dense'], further['delta']
    print(f'\nA further delta frame has {a[2] / b[2]:.2f}x fewer events than a dense one and takes {a[3] / b[3]:.2f}x fewer '
          f'instructions; dense MACs are the same.\n')


def main():
    build = sys.argv[1]
    os.environ['PYTHONDONTWRITEBYTECODE'] = '1'
    print('# Speed of the simulator\n')
    print(f'Made by `bench/performance.py {build} > docs/performance.md`.\n')
    machine_section(build)
    growth_section(build)


if __name__ == '__main__':
    main()
