#!/usr/bin/env bash
# A sweep on a Slurm of one node gives the table of a sweep without it, also when a task is requeued in its midst.
#   slurm_test.sh PROGRAM RUN.json
# munged, slurmctld and slurmd run as ordinary processes on loopback; they end with this script, however it ends.
set -euo pipefail
program=$1 run=$2
for needed in munged slurmctld slurmd sbatch squeue scontrol scancel setpriv; do
  PATH=$PATH:/usr/sbin command -v "$needed" >/dev/null || { echo "skipped: $needed is missing (slurm-wlm, munge)"; exit 0; }
done
[[ $(id -u) == 0 ]] || { echo "skipped: slurmd starts jobs as root only"; exit 0; }
PATH=$PATH:/usr/sbin
folder=$(mktemp -d)
chmod 711 "$folder"
daemons=()
finish() {
  local code=$?
  set +e
  [[ -n ${SLURM_CONF:-} ]] && timeout 20 scancel --partition=short 2>/dev/null && wait_until 20 no_jobs
  for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null; done
  for pid in "${daemons[@]}"; do timeout 10 tail --pid="$pid" -f /dev/null || kill -9 "$pid"; done 2>/dev/null
  if ((code)); then tail -n 20 "$folder"/*.log "$folder"/slurm/slurm/*.txt 2>/dev/null; fi
  rm -rf "$folder"
  exit "$code"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

start() {  # LOG COMMAND...
  setpriv --pdeathsig KILL "${@:2}" >"$folder/$1.log" 2>&1 &
  daemons+=($!)
}
wait_until() {  # SECONDS COMMAND...
  for ((i = 0; i < $1 * 5; ++i)); do "${@:2}" && return 0; sleep 0.2; done
  return 1
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
ended_or_released() {  # what is requeued would wait for two minutes
  no_jobs || { scontrol update "jobid=$1" starttime=now 2>/dev/null; return 1; }
}
no_jobs() { [[ -z $(squeue --noheader 2>/dev/null) ]]; }
node_idle() { [[ $(sinfo --noheader --format=%T 2>/dev/null) == idle ]]; }
task_runs() { [[ $(squeue --noheader --jobs="$1" --format=%T 2>/dev/null) == *RUNNING* ]]; }
some_points() { (($(ls "$folder/slurm/points" 2>/dev/null | wc -l) >= 2)); }
results() { rev "$1/sweep.csv" | cut -d, -f3- | rev; }  # without the host's columns

head -c 1024 /dev/urandom >"$folder/munge.key"
chmod 400 "$folder/munge.key"
start munged munged --foreground --force --num-threads=2 --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
  --pid-file="$folder/munged.pid" --log-file="$folder/munge.log" --seed-file="$folder/munge.seed"
wait_until 20 test -S "$folder/munge.socket" || { echo "munged does not start"; exit 1; }
host=$(hostname -s)
cat >"$folder/slurm.conf" <<END
ClusterName=deltasim
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket,cred_expire=2
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
ReturnToService=2
KillWait=5
SchedulerParameters=sched_interval=2,bf_interval=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=short Nodes=$host Default=YES MaxTime=INFINITE State=UP OverSubscribe=YES
END
mkdir "$folder/state" "$folder/spool"
export SLURM_CONF=$folder/slurm.conf
start slurmctld slurmctld -D
start slurmd slurmd -D
wait_until 60 node_idle || { echo "the node does not become idle"; sinfo; exit 1; }

cat >"$folder/sweep.json" <<END
{"base": "$run", "set": {"/frames": 4, "/executions": ["dense", "delta"], "/check": false},
 "axes": [{"pointer": "/delta/threshold", "values": [1, 2, 4, 8]}, {"pointer": "/hardware/core/lanes", "values": [4, 16]}]}
END
"$program" sweep "$folder/sweep.json" -o "$folder/local" >/dev/null
submitted=$("$program" sweep "$folder/sweep.json" -o "$folder/slurm" --slurm --tasks 2 --jobs 1 --partition short --time 10)
echo "$submitted"
job=$(sed -n 's/^job \([0-9]*\):.*/\1/p' <<<"$submitted")
[[ -n $job ]] || { echo "no job number"; exit 1; }
wait_until 60 some_points || { echo "no points come"; squeue; exit 1; }
if task_runs "${job}_1"; then
  scontrol requeue "${job}_1" && echo "task 1 requeued"
fi
wait_until 300 ended_or_released "${job}_1" || { echo "the job does not end"; squeue; exit 1; }
"$program" sweep --status "$folder/slurm"
diff <(results "$folder/local") <(results "$folder/slurm") && echo "the tables are equal"
