import Recipes

// VOLUME, and what a RUN after one has to know.
extension DockerfileConverter {
    /// Says, before the first command of a layer, which volumes hide from it what was copied there.
    mutating func noteHiddenFiles(_ instruction: DockerfileInstruction) {
        guard !stage.layer.hasCommands else { return }
        for bind in stage.layer.binds where stage.importsMake(bind.destination, table) {
            note(
                instruction.line,
                "RUN: what was copied to the volume " + bind.destination + " is in the image, and not seen by scripts")
        }
    }

    /// Says, once for each volume, that what a command writes there is not in the image, as it is with some builders.
    mutating func noteLostFiles(_ instruction: DockerfileInstruction) {
        for bind in stage.layer.binds where stage.volumesWithLosses.insert(table.value(of: bind.destination)).inserted {
            note(
                instruction.line,
                "RUN: what is written to the volume " + bind.destination + " from here on is gone after the layer, and "
                    + "not in the image; what should be in it stands before VOLUME")
        }
    }

    /// A volume of the image. Scripts that follow have a directory of their own there, which is never one of the host
    /// unless somebody says so: they may well empty it.
    mutating func addVolume(_ path: ConvertedText, _ line: Int) throws {
        let path = absolute(path)
        stage.volumes.append(path)
        let place = table.place(of: path)
        if let objection = ReservedPlace.objection(to: place) {
            return note(line, "VOLUME " + path + ": scripts see no volume there: \(objection)")
        }
        if stage.layer.binds.contains(where: { table.value(of: $0.destination) == table.value(of: path) }) { return }
        // A bind would hide what was put there before.
        if stage.layer.hasCommands { beginLayer() }
        let number = table.entries.count { $0.name.hasPrefix("STACKER_VOL") } + 1
        let name = table.declare(
            "STACKER_VOL\(number)", "volume:\(number)",
            comment: "what scripts see at \(table.value(of: path)): a directory of their own, or one of the host's")
        stage.layer.binds.append((ConvertedText(reference: name), path))
    }
}
