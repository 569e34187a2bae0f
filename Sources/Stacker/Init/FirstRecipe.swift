import Failure
import FileTree
import Glibc
import OCI
import SystemPackage

/// A recipe to begin with, which builds on this machine and says what its lines are for.
package struct FirstRecipe {
    /// The text.
    package let text: String
    /// What the image begins with, and why, for the user.
    package let reason: String

    /// Takes what there is here: the network, else a busybox that needs no libraries, else nothing.
    ///
    /// - Parameters:
    ///   - base: what the image is to begin with: `docker://REGISTRY/NAME:TAG`, `oci:DIRECTORY:TAG`, `scratch`, or the path
    ///     of a tar archive; found out if `nil`.
    ///   - isInsecure: whether the registry of that image may be spoken to without verified TLS.
    ///   - file: where the recipe is to be.
    /// - Throws: a failure if there is no such base, or TLS means nothing to it.
    package init(on base: String?, insecure isInsecure: Bool, in file: FilePath) throws {
        if isInsecure, base?.hasPrefix("docker://") != true {
            throw Failure(
                "--skip-tls is about the registry of an image", help: "name it with --from docker://REGISTRY/NAME:TAG")
        }
        if let base, base != "scratch" {
            self = try Self.make(GivenBase(base), insecure: isInsecure)
            return
        }
        let busybox = StaticBusybox()
        if base == nil, ReachableBase.isThere {
            self = try Self.make(GivenBase(ReachableBase.name), because: "its registry answers")
        } else if let busybox {
            self.init(
                text: Self.head + Self.onBusybox(try Self.quoted(busybox.path.string)),
                reason: "nothing but \(busybox.path)" + (base == nil ? ", since no registry answers" : ""))
        } else {
            self.init(
                text: Self.head + Self.onNothing(try Self.quoted(file.lastComponent?.string ?? "")),
                reason: "nothing" + (base == nil ? ", since no registry answers and there is no static busybox" : ""))
        }
    }

    private init(text: String, reason: String) { (self.text, self.reason) = (text, reason) }

    private static func make(
        _ base: GivenBase, insecure isInsecure: Bool = false, because why: String? = nil
    ) throws -> FirstRecipe {
        FirstRecipe(
            text: head + on(base.kind, try quoted(base.url) + (isInsecure ? "\n    insecure: true" : "")),
            reason: base.name + (why.map { ", since \($0)" } ?? ""))
    }

    private static let existing = Failure(
        "it is there already", help: "stacker init -f NAME writes another; nothing was changed")

    /// Refuses a place where something is, be it a symlink that leads nowhere.
    package static func refuseExisting(_ path: FilePath) throws {
        guard (try? FileStatus(at: path, following: false)) != nil else { return }
        throw Failure("couldn't write \(path)", because: existing)
    }

    /// Writes it where nothing is.
    package func write(to path: FilePath) throws {
        try attempt("couldn't write \(path)") {
            guard let name = path.lastComponent.map({ FilePath(root: nil, [$0]) }) else { throw Errno.isDirectory }
            let place = path.removingLastComponent()
            let directory = try Directory(at: place.isEmpty ? "." : place)
            let temporary = FilePath.temporaryName(for: name.string)
            try directory.replaceFile(temporary, with: text.utf8)
            do {
                // In one step, and never over what somebody has made meanwhile.
                try directory.rename(temporary, to: name, replacing: false)
            } catch {
                try? directory.remove(temporary)
                throw error.systemError == .fileExists ? Self.existing : error
            }
        }
    }

    // MARK: - The text

    /// As YAML, whose quoted text JSON's is.
    private static func quoted(_ text: String) throws -> String {
        guard !text.contains("${{") else {
            throw Failure("\(shown(text)) has ${{ in it, which a recipe replaces", help: "give it another name")
        }
        return try JSON.text(text)
    }

    private static let head = """
        # A recipe: each entry of this map is an image. "stacker build" makes them, in ./oci, and
        # "stacker run app" runs this one. "stacker chroot app" opens a shell in it; nothing stays of what that changes.
        app:

        """

    private static let tail = """
          # What runs in the image, and with which variables: "stacker run app", and any other program that runs images.
          cmd: ["cat", "/srv/hello"]
          environment:
            GREETING: hello

        """

    private static func on(_ kind: String, _ url: String) -> String {
        """
          # What the image begins with. A type is docker (an image of a registry), oci (one of a layout on this machine),
          # tar (an archive of a root directory), built (another image of this file) or scratch (nothing).
          from:
            type: \(kind)
            url: \(url)
          # Files from here: the script sees them in /stacker/imports. With dest: they are put into the image.
          # imports:
          #   - path: hello.c
          #     dest: /usr/src/
          # A script, in a container on that base: /bin/sh -xe, so that the first command that fails ends the build. What it
          # changes becomes a layer, which is built again when something that it was made of has changed.
          run: |
            mkdir -p /srv
            echo "hello from stacker" > /srv/hello

        """ + tail
    }

    private static func onBusybox(_ path: String) -> String {
        """
          # What the image begins with: nothing. With a network it could be an image of a registry:
          #   from: {type: docker, url: "docker://docker.io/library/debian:12"}
          from:
            type: scratch
          # Files from here. With dest: they are put into the image; all the script sees in /stacker/imports, too.
          imports:
            - path: \(path)
              dest: /bin/busybox
              mode: "0755"
          # A script, in a container. This one says what runs it, since the image has no /bin/sh as yet; without that line it
          # is /bin/sh -xe. What it changes becomes a layer, which is built again when something that it was made of changes.
          run: |
            #!/bin/busybox sh
            set -ex
            /bin/busybox --install -s /bin
            mkdir -p /srv
            echo "hello from stacker" > /srv/hello

        """ + tail
    }

    private static func onNothing(_ file: String) -> String {
        """
          # What the image begins with: nothing. There is no shell in it, so it has no script. With a network it could be
          #   from: {type: docker, url: "docker://docker.io/library/debian:12"}
          # and then
          #   run: apt-get update
          from:
            type: scratch
          # Files from here, put into the image: this recipe, for want of anything better.
          imports:
            - path: \(file)
              dest: /srv/
          labels:
            org.opencontainers.image.title: app

        """
    }
}
