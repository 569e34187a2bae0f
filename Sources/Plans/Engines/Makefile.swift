/// A plan as a Makefile for one machine.
///
/// No target is a file: what is done already is for stacker to find out, which knows it by content.
struct Makefile {
    let words: EngineWords

    /// The file.
    var text: String {
        let names = words.jobs.map(\.name) + (words.publication == nil ? [] : [JobName.publication])
        let clean = names.map { "clean-\($0)" }
        var lines = [Self.head, "define options", line(words.options), "endef", ""]
        lines.append(target("all", after: words.publication == nil ? words.ends : [JobName.publication]))
        for job in words.jobs {
            lines += ["", target(job.name, after: words.needs(job))]
            lines.append("\t$(call stacker,$@) build \(line(["--stacker-file=\(job.file)"])) $(options)")
        }
        if let publication = words.publication {
            lines += ["", target(JobName.publication, after: words.ends)]
            lines.append("\t$(call stacker,$@) publish \(line(publication))")
        }
        lines += ["", "# What the jobs have left: rm can't remove what an ordinary user's builds leave."]
        lines += [target("clean", after: clean), "\t[ ! -d $(WORK) ] || rmdir --ignore-fail-on-non-empty $(WORK)"]
        if !names.isEmpty {
            lines += ["", "\(clean.joined(separator: " ")): clean-%:", "\t$(call stacker,$*) clean"]
            lines.append("\t[ ! -d $(WORK)/$* ] || rmdir $(WORK)/$*")
        }
        lines += ["", target(".PHONY", after: ["all", "clean"] + names + clean)]
        return lines.map { $0 + "\n" }.joined()
    }

    private func target(_ name: String, after needs: [String]) -> String {
        ([name + ":"] + needs).joined(separator: " ")
    }

    /// Words as they stand in a line for the shell, and in a `define`, where "#" and "%" are nothing but characters.
    private func line(_ words: [String]) -> String {
        words.map(\.shellWord).joined(separator: " ").replacing("$", with: "$$")
    }

    private static let head = """
        # What stacker plan has found to be built, for one machine: make -j4 -f FILE, where the plan was made. With -k, what
        # doesn't need a job that failed is built still; with -O, what each job says stays together.

        STACKER ?= stacker
        # Here each job has directories of its own, which two builds at once can't share.
        WORK ?= .stacker-plan

        stacker = $(STACKER) --stacker-dir=$(WORK)/$1/stacker --oci-dir=$(WORK)/$1/oci --roots-dir=$(WORK)/$1/roots

        """
}
