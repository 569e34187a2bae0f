import Failure
import FileTree
import Glibc
import Host
import RecipeText
import SystemPackage

/// The user's defaults: a YAML map of `work_dir`, `stacker_dir`, `oci_dir`, `rootfs_dir` and `jobs`.
package struct ConfigFile: Sendable {
    private(set) var values: [String: String] = [:]
    /// How many layers are built at a time; `nil` if it doesn't say.
    package private(set) var jobs: Int?
    private static let keys: Set = ["work_dir", "stacker_dir", "oci_dir", "rootfs_dir", "jobs"]

    /// Reads the file.
    ///
    /// - Parameter path: `nil` for the user's own, which need not exist.
    package init(at path: FilePath?) throws {
        let file = path ?? Self.standardPath
        guard let file else { return }
        let bytes: [UInt8]
        do {
            bytes = try OpenFile(file, O_RDONLY).readToEnd(limit: 1 << 20)
        } catch let error where error.systemError == .noSuchFileOrDirectory && path == nil {
            return
        } catch let error
            where error.systemError == .permissionDenied && path == nil
            && access(file.removingLastComponent().string, X_OK) != 0
        {
            // $HOME is somebody else's, as sudo -u may leave it: what is in there is not this user's to see.
            return
        } catch {
            throw Failure("couldn't read config file \(file)", because: error)
        }
        let document = try YAMLComposer.compose(String(decoding: bytes, as: UTF8.self), file: file.string)
        guard let root = document.root, !root.isNull else { return }
        guard case .mapping(let pairs) = root.content else {
            throw Failure("\(root.position): a config file is a map of names to values, not \(root.kind)")
        }
        for pair in pairs {
            guard Self.keys.contains(pair.key.value) else {
                throw Failure(
                    "\(pair.key.position): unknown key \(quoted(pair.key.value))",
                    help: "a config file may have \(Self.keys.sorted().joined(separator: ", "))")
            }
            guard case .scalar(let text, _) = pair.value.content else {
                throw Failure(
                    "\(pair.value.position): the value of \(pair.key.value) must be text, not \(pair.value.kind)")
            }
            guard !pair.value.isNull, !text.isEmpty else { continue }
            values[pair.key.value] = text
            guard pair.key.value == "jobs" else { continue }
            guard let number = Int(text), number > 0 else {
                throw Failure("\(pair.value.position): jobs is a number from 1 on, not \(quoted(text))")
            }
            jobs = number
        }
    }

    /// `$XDG_CONFIG_HOME/conf.yaml`, otherwise `~/.config/stacker/conf.yaml`.
    private static var standardPath: FilePath? {
        if let directory = Environment["XDG_CONFIG_HOME"] { return FilePath(directory).appending("conf.yaml") }
        return Environment["HOME"].map { FilePath($0).appending(".config/stacker/conf.yaml") }
    }
}
