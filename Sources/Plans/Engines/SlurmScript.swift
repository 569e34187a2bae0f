/// A plan as a script that submits a job for each recipe to Slurm.
///
/// What differs from site to site, partition, account, time, is nowhere in it: sbatch reads `SBATCH_PARTITION` and the like
/// itself. A word gets into a job's script by bash's own quoting, behind the first command, where sbatch looks for no
/// `#SBATCH` any more.
struct SlurmScript {
    let words: EngineWords

    /// The script.
    var text: String {
        var lines = [Self.head, "options=("] + words.options.map { "    " + $0.shellWord } + [")", ""]
        for job in words.jobs {
            lines.append(
                submission(job.name, after: words.needs(job), ["build", "--stacker-file=\(job.file)"])
                    + " \"${options[@]}\"")
        }
        if let publication = words.publication {
            lines.append(submission(JobName.publication, after: words.ends, ["publish"] + publication))
        }
        if words.jobs.isEmpty, words.publication == nil { lines.append("echo 'nothing to build' >&2") }
        return lines.map { $0 + "\n" }.joined()
    }

    /// A job, by the function `submit`.
    private func submission(_ name: String, after needs: [String], _ command: [String]) -> String {
        (["submit", name, needs.joined(separator: " ").shellWord] + command.map(\.shellWord)).joined(separator: " ")
    }

    private static let head = #"""
        #!/bin/bash
        # What stacker plan has found to be built, for Slurm: run this where the plan was made. SBATCH_PARTITION, SBATCH_ACCOUNT,
        # SBATCH_TIMELIMIT and the like say how. To run it once more is safe: a job builds only what no cache has.
        set -euo pipefail

        # The ids of the jobs that are submitted, by their names.
        declare -A ids=()

        end() {
            (($1 == 0)) || ((${#ids[@]} == 0)) ||
                printf 'error: not all jobs are submitted; scancel %s takes back those that are\n' "${ids[*]}" >&2
        }
        trap 'end $?' EXIT

        # job WORD...: the script of a job. Its directories are its own, and on the node's disk.
        job() {
            cat <<'END'
        #!/bin/bash
        work=$(mktemp -d "${TMPDIR:-/tmp}/stacker-$SLURM_JOB_ID.XXXXXXXX") || exit
        stacker() {
            command "${STACKER:-stacker}" --stacker-dir="$work/stacker" --oci-dir="$work/oci" --roots-dir="$work/roots" "$@"
        }
        trap 'stacker clean && rmdir "$work"' EXIT
        trap 'exit 143' TERM
        END
            printf 'stacker'
            printf ' %q' "$@"
            printf '\n'
        }

        # submit NAME "NAMES OF JOBS" WORD...: submits a job that begins when the named ones have succeeded. Where one has
        # failed, it is cancelled.
        submit() {
            local name=$1 need needs='' id
            for need in $2; do needs+=:${ids[$need]}; done
            shift 2
            id=$(job "$@" | sbatch --parsable --requeue --kill-on-invalid-dep=yes --job-name="$name" \
                ${needs:+"--dependency=afterok$needs"})
            ids[$name]=${id%%;*}
            printf '%s %s\n' "${ids[$name]}" "$name"
        }

        """#
}
