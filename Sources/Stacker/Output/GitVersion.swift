import Failure
import Host
import Synchronization
import SystemPackage

/// From which states of their repositories the recipes of a build are: each repository is asked once, since the recipes
/// were read once.
final class GitVersions: Sendable {
    /// Held while git is asked: whoever asks of the same repository waits for the answer, which has its end.
    private let known = Mutex<[FilePath: String?]>([:])

    /// As ``GitVersion/of(_:log:checkpoint:)``.
    func version(of directory: FilePath, log: Log, checkpoint: () throws -> Void) throws -> String? {
        try known.withLock { known in
            if let version = known[directory] { return version }
            let version = try GitVersion.of(directory, log: log, checkpoint: checkpoint)
            known[directory] = .some(version)
            return version
        }
    }
}

/// Which state of its repository a recipe is from.
enum GitVersion {
    /// How long git may take for one answer: a repository may be large, and on a slow file system.
    private static let patience = Duration.seconds(120)

    /// `git describe --tags`, or the commit where there is no tag, with `-dirty` unless git says that no tracked file was
    /// changed.
    ///
    /// - Returns: `nil` outside a repository, without git, and where git refuses a repository that another user owns.
    static func of(_ directory: FilePath, log: Log, checkpoint: () throws -> Void) throws -> String? {
        // Most recipes are tried outside a repository first: that must not cost a process.
        let directory = (try? directory.resolved()) ?? directory
        guard isInsideRepository(directory) else { return nil }
        guard
            let name = try
                (answer(["describe", "--tags"], directory, checkpoint)
                ?? answer(["rev-parse", "HEAD"], directory, checkpoint))?
                .split(separator: "\n").first
        else {
            log.debug("couldn't find the git version of \(directory): git describe and git rev-parse failed")
            return nil
        }
        return try isClean(directory, log, checkpoint) ? String(name) : "\(name)-dirty"
    }

    /// Whether git says so. What can't be found out is not clean.
    private static func isClean(
        _ directory: FilePath, _ log: Log, _ checkpoint: () throws -> Void
    ) throws -> Bool {
        do {
            let outcome = try git(["status", "--porcelain", "--untracked-files=no"], directory, checkpoint)
            if outcome.status == 0 { return outcome.output.isEmpty }
            throw Failure("git status ended with status \(outcome.status)")
        } catch let error where error.systemError == .fileTooLarge {
            // So many changes.
            return false
        } catch {
            try checkpoint()
            log.warn("\(directory) counts as changed since its last commit: couldn't find out whether it is: \(error)")
            return false
        }
    }

    /// What git prints; `nil` if it fails, or isn't there.
    private static func answer(
        _ arguments: [String], _ directory: FilePath, _ checkpoint: () throws -> Void
    ) throws -> String? {
        do {
            let outcome = try git(arguments, directory, checkpoint)
            return outcome.status == 0 ? outcome.text : nil
        } catch {
            try checkpoint()
            // Anything else says nothing of the repository.
            guard let errno = error.systemError,
                ![.noSuchFileOrDirectory, .permissionDenied, .fileTooLarge].contains(errno)
            else { return nil }
            throw Failure("couldn't ask git for the version of \(directory)", because: error)
        }
    }

    private static func git(
        _ arguments: [String], _ directory: FilePath, _ checkpoint: () throws -> Void
    ) throws -> ChildProcess.Outcome {
        // In a hook of git's these name the repository whose hook it is.
        let foreign: Set = [
            "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE",
        ]
        let environment = Environment.all.filter { !foreign.contains(String($0.prefix { $0 != "=" })) }
        // To look at the state must not write to the index.
        return try ChildProcess.run(
            ["git", "-C", directory.string] + arguments, environment: environment + ["GIT_OPTIONAL_LOCKS=0"],
            patience: patience, checkpoint: checkpoint)
    }

    private static func isInsideRepository(_ directory: FilePath) -> Bool {
        var place = directory
        while !place.isEmpty {
            if place.appending(".git").exists { return true }
            guard place.removeLastComponent() else { return false }
        }
        return false
    }
}
