import Failure
import Glibc
import Recipes

// What users are told of scripts that have failed.
extension ScriptRun {
    /// - Parameter command: what could not be executed, since it, or what it needs, is not there.
    func adviceOnMissing(_ script: Script, _ command: [String]) -> String {
        let program = script.interpreter ?? command.first ?? ""
        guard layer.from?.kind == .scratch else {
            return
                "the image has no \(shown(program)), or lacks what it needs to run, as its loader: build on one that has it, "
                + "or bring it by imports with dest"
        }
        return
            "scratch has no \(shown(program)), nor anything else that could run: build on an image that has it, or bring "
            + "files by imports with dest and leave the script out"
    }

    /// An exit status, and the signal that it stands for. Where a shell says so of a command, nobody can tell whether the
    /// command ended like that by itself.
    static func inWords(_ status: Int32) -> String {
        let signal = status - 128
        guard (1..<32).contains(signal), let name = strsignal(signal) else { return "\(status)" }
        return "\(status): signal \(signal) (\(String(cString: name)))"
    }

    /// How a user finds out why a script failed.
    var waysToLook: String? {
        let canOpenShell = context.request.onRunFailure == nil
        if context.request.leavesNothing { return canOpenShell ? "--shell-fail opens a shell there at once" : nil }
        let file = recipe == "stacker.yaml" ? "" : "-f \(recipe) "
        let enter = "stacker chroot \(file)\(layer.name) enters the layer as the script left it"
        return canOpenShell
            ? "\(enter); stacker build \(file)--shell-fail opens a shell there at once" : enter
    }
}
