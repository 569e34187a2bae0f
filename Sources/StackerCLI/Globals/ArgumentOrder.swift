/// Where the global options stand among the arguments. ArgumentParser could tell, too, but it takes its time, and most
/// command lines have none; so it is asked to read them only where the list of their names finds one.
extension GlobalOptions {
    /// The arguments with the global options that stand after the command moved to its front, where they win over those
    /// that stand there: what is read from the front is read from all.
    ///
    /// What follows `--`, or the layer or image in which a command is run, is none of ours.
    static func inFront(_ arguments: [String]) -> [String] {
        let front = prefix(of: arguments)
        guard front.endIndex < arguments.endIndex else { return arguments }
        var moved: [String] = []
        var rest = [arguments[front.endIndex]]
        let passing = passingCommand(rest[0])
        var index = front.endIndex + 1
        while index < arguments.endIndex, arguments[index] != "--" {
            let argument = arguments[index]
            if passing != nil, !argument.hasPrefix("-") { break }
            index += 1
            if isWhole(argument) {
                moved.append(argument)
            } else if takesNext(argument), index < arguments.endIndex {
                moved += [argument, arguments[index]]
                index += 1
            } else if let flag = shortFlag(of: argument) {
                // Short options in one word, as -qf FILE.
                moved.append(flag)
                rest.append("-\(argument.dropFirst(2))")
            } else {
                rest.append(argument)
                // The value of an option of the command's is not the layer.
                if let passing, index < arguments.endIndex, passing.takesNext(argument) {
                    rest.append(arguments[index])
                    index += 1
                }
            }
        }
        return front + moved + rest + arguments[index...]
    }

    /// The command of that name if what follows its first word is another program's.
    private static func passingCommand(_ name: String) -> (any PassingCommand.Type)? {
        let types: [any PassingCommand.Type] = [ChrootCommand.self, RunCommand.self]
        return types.first { $0.configuration.commandName == name || $0.configuration.aliases.contains(name) }
    }

    /// The arguments in front of the command's name: the first one that is neither an option nor an option's value.
    static func prefix(of arguments: [String]) -> ArraySlice<String> {
        var index = 0
        while index < arguments.count, arguments[index].hasPrefix("-"), arguments[index] != "--" {
            index += takesNext(arguments[index]) ? 2 : 1
        }
        return arguments.prefix(index)
    }

    /// The first argument that is neither an option nor an option's value: the command's name.
    static func commandName(in arguments: [String]) -> String? {
        let index = prefix(of: arguments).endIndex
        return index < arguments.endIndex && arguments[index] != "--" ? arguments[index] : nil
    }

    /// `--help` and `--version` are the whole command's, not the global options'.
    static func isAboutItself(_ argument: String) -> Bool {
        ["--help", "-h", "--version"].contains(argument)
    }

    /// The options in front of the command's name.
    static func parse(inFront arguments: [String]) throws -> GlobalOptions? {
        let front = prefix(of: arguments).filter { !isAboutItself($0) }
        return front.isEmpty ? nil : try parse(front)
    }

    /// Whether an argument is one of these options, with its value if it needs one.
    private static func isWhole(_ argument: String) -> Bool {
        let name = argument.prefix { $0 != "=" }
        return switch GlobalName(written: name)?.form {
        case .value: name.endIndex < argument.endIndex
        case .flag, .flagOrNot: name.endIndex == argument.endIndex
        case .ownFlag, nil: false
        }
    }

    /// Whether an argument is one of these options, and the next one its value.
    private static func takesNext(_ argument: String) -> Bool {
        GlobalName(written: argument[...])?.form == .value
    }

    /// The flag of one letter that an argument begins with.
    private static func shortFlag(of argument: String) -> String? {
        let beginning = argument.prefix(2)
        return GlobalName(written: beginning)?.form == .flag ? String(beginning) : nil
    }
}
