import ArgumentParser

/// One command: what it needs of the surroundings is handed to it.
protocol Command: ParsableCommand {
    /// The exit status of a failure that asks for no other, and of a mistake on its command line.
    ///
    /// - Parameter arguments: what it was called with.
    static func troubleStatus(for arguments: [String]) -> Int32

    /// Does the work.
    ///
    /// - Throws: a `Failure`, whose exit status becomes the process's.
    func run(in surroundings: Surroundings) throws
}

extension Command {
    static func troubleStatus(for arguments: [String]) -> Int32 { 1 }
}

/// A command whose words, from the second on, are a command line of another program.
protocol PassingCommand: Command {
    /// Whether it has the first one.
    var hasFirstWord: Bool { get }
}

extension PassingCommand {
    /// Whether an argument is an option of this command, and the next one its value: with only these two there is no word.
    static func takesNext(_ argument: String) -> Bool {
        guard let command = try? parse([argument, "value"]) else { return false }
        return !command.hasFirstWord
    }
}
