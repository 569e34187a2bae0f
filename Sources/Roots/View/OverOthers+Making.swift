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
        for place in layers.indices.dropFirst() {
            let layer = layers[place].digest
            guard holdsOwnContent(of: layer), try ownContent(of: layer, over: layers[..<place]) == nil else { continue }
            try attempt("couldn't restore the directories of layer \(layer)") {
                try restoreDirectories(of: layer, over: layers[..<place])
            }
        }
    }

    private func restoreDirectories(of layer: Digest, over layers: ArraySlice<Descriptor>) throws {
        let storage = try Directory(at: contentPath(of: layer).removingLastComponent())
        guard let others = try OverOthers(in: storage) else { return }
        let below = try contents(of: Array(layers)).reversed().flatMap { $0 ?? [] }
        let temporary = try makeTemporary()
        do {
            let own = try Directory(at: contentPath(of: layer))
            let name = OverOthers.restored(over: MergedLayer.base(layers))
            if try others.make(over: own, on: MergedView(below), in: directory.directory(temporary)) {
                return try directory.rename(temporary, to: name, in: storage, replacing: false)
            }
            try storage.replaceFile(name, with: [])
        } catch Errno.fileExists {
            // Somebody else's, made of the same.
        } catch {
            try? directory.removeTree(temporary)
            throw error
        }
        try directory.removeTree(temporary)
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
