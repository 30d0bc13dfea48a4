"""What people type and read: parse, call one procedure, show [all clauses].

`app` is the frame: it lists the commands, runs one and prints what went wrong. `groups` loads a
command's file only when it is typed; `invocation` is what each command is given, with `prompts` to
ask, `playing` to let hear, and `output` to show, in part where `fields` are named: `layout` fits
that to the terminal, `pager` turns the pages of what is longer. `offers` are what may be meant
where an argument is left out, `menu` the list to choose from; `options` are those that several
commands share. Each command is a file of `commands`; `demo` types many of them, `examples` are what
each one's help shows, and `completion` fills in what is half typed.
"""
