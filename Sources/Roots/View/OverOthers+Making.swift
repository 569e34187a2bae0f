import Failure
import FileTree
import Glibc
import OCI
import SystemPackage

extension RootsDirectory {
    /// Makes what lies over layers of an image on the layers below them.
    ///
    /// - Parameter layers: the image's layers, bottom first, all unpacked.
    package func restoreDirectories(of layers: [Descriptor]) throws {
        // What is below a layer, top first, grows as each has been dealt with.
        var below: [FilePath] = []
        for (place, (layer, known)) in try zip(layers, contents(of: layers)).enumerated() {
            var content = known
            if try content == nil && holdsOwnContent(of: layer.digest) {
                content = try attempt("couldn't restore the directories of layer \(layer.digest)") {
                    try restoreDirectories(of: layer.digest, on: layers[..<place], below)
                    return try ownContent(of: layer.digest, on: MergedLayer.base(layers[..<place]))
                }
            }
            below.insert(contentsOf: content ?? [], at: 0)
        }
    }

    private func restoreDirectories(
        of layer: Digest, on layers: ArraySlice<Descriptor>, _ below: [FilePath]
    ) throws {
        let storage = try Directory(at: contentPath(of: layer).removingLastComponent())
        guard let others = try OverOthers(in: storage) else { return }
        let temporary = try makeTemporary()
        do {
            let own = try Directory(at: contentPath(of: layer))
            let restored = try directory.directory(temporary)
            try Restored(on: layers).write(to: restored)
            let place = try restored.makePlainDirectory(Restored.directory)
            if try !others.make(over: own, on: MergedView(below), in: place) {
                try restored.remove(Restored.directory, directory: true)
            }
            let name = Restored.name(on: MergedLayer.base(layers))
            try directory.rename(temporary, to: name, in: storage, replacing: false)
        } catch {
            try? directory.removeTree(temporary)
            // Somebody else's is made of the same.
            if error.systemError == .fileExists { return }
            throw error
        }
    }
}

extension OverOthers {
    /// Makes in `place` what is to lie over the layer's `own` directory.
    ///
    /// - Returns: whether there is anything.
    fileprivate func make(over own: Directory, on below: MergedView, in place: Directory) throws -> Bool {
        if known.hidesAll {
            try hideAll(below, except: own, in: place)
        } else {
            var restored = RestoredDirectories(over: own, on: below, in: place)
            try restored.make(known.implied)
        }
        guard try !place.fileNames().isEmpty else { return false }
        try place.takeMetadata(of: known.saysRoot ? own : below.root.top)
        return true
    }

    private func hideAll(_ below: MergedView, except own: Directory, in place: Directory) throws {
        for child in try below.root.children() where try own.status(child.name) == nil {
            _ = try child.name.withCString { try checked(mknodat(place.file.number, $0, S_IFCHR, 0)) }
        }
    }
}
