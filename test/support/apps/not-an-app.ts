// A module that somebody forgot to wrap.
export default { name: "plain object" };
