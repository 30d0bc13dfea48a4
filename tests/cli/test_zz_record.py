import os
from contextlib import chdir
from pathlib import Path
from cli.transcript import Stage, steps
import cli.transcript as T

def test_record(stage: Stage) -> None:
    src = Path(os.environ["REC"])
    out = []
    lines = src.read_text().split("\n")
    keep = os.environ.get("KEEP")
    with chdir(stage.folder):
        for step in steps(src.read_text()):
            if step.line.startswith("@"):
                stage._direct(step); continue
            cmd = step.line.removeprefix("$ ")
            for n, v in stage._known.items():
                cmd = cmd.replace(f"<{n}>", v)
            stage._said = stage.answer(cmd)
            out.append(step.line + "\n" + stage._said)
            if cmd.startswith("callrec "):
                try:
                    stage._keep_promises()
                except AssertionError as e:
                    out.append(f"!!! PROMISE {e}")
        if keep:
            os.system(f"rm -rf {keep}; cp -a {stage.folder} {keep}")
    Path(str(src) + ".out").write_text("\n".join(out))
