import Failure

/// What people call the keys of a recipe who know them from elsewhere, each with the name that it has here.
///
/// They are no keys: an error, or a warning, names the right one.
package enum KeyAliases {
    static let layer = [
        "env": "environment, or build_env for the script alone", "envs": "environment", "environments": "environment",
        "environment_variables": "environment", "variables": "environment",
        "args": "build_env", "arg": "build_env", "build_args": "build_env", "build_environment": "build_env",
        "user": "runtime_user", "run_as": "runtime_user", "uid": "runtime_user",
        "command": "cmd", "start": "cmd",
        "script": "run", "scripts": "run", "commands": "run", "steps": "run", "interpreter": "shell",
        "workdir": "working_dir", "work_dir": "working_dir", "working_directory": "working_dir", "cwd": "working_dir",
        "base": "from", "image": "from", "parent": "from", "extends": "from",
        "copy": "imports", "add": "imports", "files": "imports",
        "mounts": "binds", "mount": "binds", "bind_mounts": "binds", "volume_mounts": "binds",
        "caches": "cache_dirs", "cache": "cache_dirs", "cache_mounts": "cache_dirs", "cache_directories": "cache_dirs",
        "expose": "ports", "exposed_ports": "ports", "exposedports": "ports", "port": "ports",
        "stopsignal": "stop_signal", "kill_signal": "stop_signal",
        "volume": "volumes", "label": "labels", "annotation": "annotations",
        "sequential": "serial", "exclusive": "serial", "parallel": "serial",
        "overlay": "overlay_dirs", "overlays": "overlay_dirs",
        "architecture": "arch", "platform": "platforms", "archs": "platforms", "architectures": "platforms",
        "buildplatform": "build_platform",
    ]

    static let from = [
        "image": "url", "ref": "url", "path": "url", "file": "url", "uri": "url", "layer": "tag", "kind": "type",
    ]

    /// Of an entry of `imports` whose file would be missing where it is expected, or be somebody else's: an error.
    package static let importErrors = [
        "source": "path", "src": "path", "destination": "dest", "dst": "dest", "target": "dest", "user": "uid",
        "group": "gid",
    ]

    /// Of an entry of `imports`, in whose place stacker goes on without.
    static let importWarnings = [
        "perms": "mode", "perm": "mode", "permissions": "mode", "chmod": "mode", "owner": "uid", "chown": "uid and gid",
        "sha256": "hash", "checksum": "hash", "digest": "hash", "to": "dest", "url": "path", "file": "path",
    ]

    /// Of an entry of `cache_dirs`.
    static let cacheDirectory = [
        "target": "path", "dest": "path", "dst": "path", "destination": "path", "dir": "path", "directory": "path",
        "perms": "mode", "permissions": "mode", "chmod": "mode", "user": "uid", "owner": "uid", "group": "gid",
    ]

    /// Of an entry of `binds` or `overlay_dirs`.
    static let ends = [
        "src": "source", "path": "source", "from": "source", "dst": "dest", "destination": "dest", "target": "dest",
        "to": "dest",
    ]

    /// The key that an unknown one was probably meant to be, as it may be named in a message.
    static func meant(by key: String, _ known: [String], _ aliases: [String: String]) -> String? {
        if let name = aliases[key.lowercased()] { return name }
        guard let near = nearest(to: key, in: known + aliases.keys.sorted()) else { return nil }
        return aliases[near] ?? near
    }
}
