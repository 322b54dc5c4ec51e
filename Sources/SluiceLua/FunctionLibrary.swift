import CSluiceLua

/// The Lua of `lua/`, joined into one Redis Function library.
///
/// Each file is a module. Its name is the name of the file, whatever folder it is in. It is wrapped in a function that runs when it
/// is first required, because while a library loads almost nothing exists. The function fills the table of the module, `M`, which
/// others may hold before it is filled; so two modules can require each other at their heads. `library.lua` comes last and
/// registers the functions.
package enum FunctionLibrary {
    /// What every function of one protocol has in common: names, argument order, shapes of replies. Part of the functions' names.
    package static let protocolVersion = 1

    /// Rises with every change of the text. A test holds ``digest`` against it.
    package static let revision = 87

    /// The text of the library.
    /// - Parameters:
    ///   - pinned: marks it so that newer programs leave it in place, for a roll-back.
    ///   - replacing: other texts for some modules, for tests.
    package static func text(pinned: Bool = false, replacing: [String: String] = [:], revision: Int = revision) -> String {
        var text = "#!lua name=sluice\n" + loader
        text += "local PROTOCOL, REVISION, PINNED = \(protocolVersion), \(revision), \(pinned ? 1 : 0)\n"
        for (name, source) in modules.sorted(by: { $0.key < $1.key }) where name != "library" {
            text += "modules['\(name)'] = function(M)\n\(replacing[name] ?? source)\nend\n"
        }
        return text + (replacing["library"] ?? modules["library", default: ""])
    }

    /// FNV-1a of all modules, by which a test notices that the text changed and the revision did not.
    package static var digest: String {
        let hash = text(revision: 0).utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
        return String(hash, radix: 16)
    }

    private static let loader = """
        local modules, loaded = {}, {}
        local function require(name)
          local module = loaded[name]
          if not module then
            module = {}
            loaded[name] = module
            modules[name](module)
          end
          return module
        end

        """

    /// Source by module. `modules.c` lists the files of `lua/` to embed; a test compares the two.
    package static let modules: [String: String] = {
        var modules: [String: String] = [:]
        var next = sluice_modules()
        while let module = next?.pointee, let name = module.name {
            modules[String(cString: name)] = String(cString: module.text)
            next = next?.advanced(by: 1)
        }
        return modules
    }()
}
